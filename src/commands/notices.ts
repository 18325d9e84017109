import { tryNotice, type NoticePorts, type Notifier } from '../activities/notices.js';
import { createLogNotifier, type NoticeLog } from '../adapters/log/notifier.js';
import { createSmtpNotifier } from '../adapters/smtp/notifier.js';
import type { OrderRequests } from '../api/order-requests.js';
import type { Config } from '../config.js';
import { createNoticeConsumer } from '../relay/notice-consumer.js';
import type { OutboxConsumer } from '../relay/outbox-event.js';
import type { Lifetime } from './lifetime.js';

export interface NotifierOptions {
  config: Config;
  log: NoticeLog;
  lifetime: Pick<Lifetime, 'onClose'>;
}

/** The notifiers that the configuration names. */
export function notifiersOf({ config, log, lifetime }: NotifierOptions): Notifier[] {
  return (config.NOTIFIERS ?? []).map((name) => {
    if (name === 'log') return createLogNotifier(log);
    const smtp = createSmtpNotifier({
      url: config.SMTP_URL ?? '',
      from: config.SMTP_FROM ?? '',
      shopName: config.SHOP_NAME,
    });
    lifetime.onClose('smtp connections', async () => smtp.close());
    return smtp;
  });
}

/** What the relay passes the events of orders to, so that customers are told. */
export function noticeConsumerOf(ports: NoticePorts, requests: Pick<OrderRequests, 'startNotice'>): OutboxConsumer {
  return createNoticeConsumer({
    channels: ports.notifiers.map(({ channel }) => channel),
    attempt: (ref, signal) => tryNotice(ports, ref, signal),
    startWorkflow: (ref, pauseMs) => requests.startNotice(ref, pauseMs),
  });
}
