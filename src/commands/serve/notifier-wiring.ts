import { tryNotice, type NoticePorts, type Notifier } from '../../activities/notices.js';
import { createLogNotifier, type NoticeLog } from '../../adapters/log/log-notifier.js';
import { createSmtpNotifier } from '../../adapters/smtp/smtp-notifier.js';
import type { OrderMessages } from '../../temporal/order-messages.js';
import type { Config } from '../../config.js';
import { createNoticeConsumer } from '../../relay/notice-consumer.js';
import type { NoticeWatchStore } from '../../relay/relay-ports.js';
import type { OutboxConsumer } from '../../relay/outbox-event.js';
import type { RelayLog } from '../../relay/relay.js';
import { watchOver } from '../../relay/ensure-workflows.js';
import type { Lifetime } from '../shutdown.js';

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

/** The consumer that sends notices about the relay's events. */
export function noticeConsumerOf(
  ports: NoticePorts,
  book: Pick<NoticeWatchStore, 'hold'>,
  requests: Pick<OrderMessages, 'startNotice'>,
): OutboxConsumer {
  return createNoticeConsumer({
    channels: ports.notifiers.map(({ channel }) => channel),
    attempt: (ref, signal) => tryNotice(ports, ref, signal),
    async startWorkflow(ref, pauseMs) {
      await book.hold(ref);
      await requests.startNotice(ref, pauseMs);
    },
  });
}

const LOOK_EVERY_MS = 5_000;

export interface NoticeWatchOptions {
  book: NoticeWatchStore;
  requests: Pick<OrderMessages, 'startNotice'>;
  log: RelayLog;
}

/** Restarts workflows of notices that were ended from outside. @returns a function that stops this */
export function watchNotices({ book, requests, log }: NoticeWatchOptions): () => Promise<void> {
  const watch = watchOver({
    store: book,
    start: (ref) => requests.startNotice(ref, 0),
    log,
    what: 'notice',
    known: ({ orderId, seq, channel }) => ({ orderId, seq, channel }),
    pollMs: LOOK_EVERY_MS,
  });
  return () => watch.stop();
}
