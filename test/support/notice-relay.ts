import { sql } from 'kysely';
import { createNoticeWatchStore } from '../../src/adapters/postgres/events/notice-watch-store.js';
import { createNoticeStore } from '../../src/adapters/postgres/events/notice-store.js';
import { createSmtpNotifier } from '../../src/adapters/smtp/smtp-notifier.js';
import { createOrderMessages } from '../../src/temporal/order-messages.js';
import { noticeConsumerOf } from '../../src/commands/serve/notifier-wiring.js';
import type { OutboxEvent } from '../../src/relay/outbox-event.js';
import { noticeWorkflowId } from '../../src/workflows/contract.js';
import { openMailServer } from './mail-server.js';
import { createShop } from './shop.js';
import { startStack } from './stack.js';

const FROM = 'The shop <shop@shop.example>';

export type NoticeRelay = Awaited<ReturnType<typeof startNoticeRelay>>;

/** A stack whose relay is the test: it passes each event on itself, also twice or late. */
export async function startNoticeRelay(environment: Record<string, string>) {
  const [stack, mail] = await Promise.all([startStack(), openMailServer()]);
  const stop = async () => {
    await stack.close();
    await mail.close();
  };
  const start = async () => {
    await sql`alter table order_events disable trigger order_events_to_outbox`.execute(stack.database.kysely);
    return stack.serve('api,worker', { SMTP_URL: mail.url, SMTP_FROM: FROM, ...environment });
  };
  const holdfast = await start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const notifier = createSmtpNotifier({ url: mail.url, from: FROM, shopName: 'The shop' });
  const requests = createOrderMessages({ client: stack.client, deadlineMs: 10_000 });
  const ports = { notices: createNoticeStore(stack.database), notifiers: [notifier] };
  const consumer = noticeConsumerOf(ports, createNoticeWatchStore(stack.database), requests);

  return {
    stack,
    mail,
    holdfast,
    shop: createShop(holdfast.url),
    take: (event: OutboxEvent) => consumer.take(event, new AbortController().signal),
    noticesOf: (orderId: string) =>
      stack.database.kysely
        .selectFrom('notices')
        .select(['seq', 'channel', 'state', 'attempts', 'last_error'])
        .where('order_id', '=', orderId)
        .orderBy('seq')
        .execute(),
    lettersOf: (orderId: string) =>
      stack.database.kysely.selectFrom('dead_letters').selectAll().where('order_id', '=', orderId).execute(),
    workflowOf: ({ orderId, seq }: OutboxEvent) =>
      stack.client.workflow.getHandle(noticeWorkflowId({ orderId, seq, channel: 'smtp' })),
    async close() {
      notifier.close();
      await stop();
    },
  };
}
