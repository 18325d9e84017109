// Notices to customers as log lines, for development. Never an address or a name.

import type { Notifier } from '../../activities/notices.js';

export interface NoticeLog {
  info(fields: Record<string, unknown>, message: string): void;
}

/** Writes every notice to the log, without the customer's address: for development and for trying out notices. */
export function createLogNotifier(log: NoticeLog): Notifier {
  return {
    channel: 'log',
    async notify({ key, orderId, about, currency, totalMinor, refundMinor, reason }) {
      const fields = { notice: key, order_id: orderId, about, currency, total_minor: totalMinor };
      const more = {
        ...(refundMinor === null ? {} : { refund_minor: refundMinor }),
        ...(reason === null ? {} : { reason }),
      };
      log.info({ ...fields, ...more }, 'a notice to the customer');
      return { kind: 'sent' };
    },
  };
}
