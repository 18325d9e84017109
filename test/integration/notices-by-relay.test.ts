import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/end-state.js';
import { openMailServer, type MailServer } from '../support/mail-server.js';
import { aCheckout, createShop, type Shop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';

let stack: Stack;
let mail: MailServer;
let shop: Shop;

beforeAll(async () => {
  [stack, mail] = await Promise.all([startStack(), openMailServer()]);
  const smtp = { NOTIFIERS: 'smtp', SMTP_URL: mail.url, SMTP_FROM: 'shop@shop.example' };
  shop = createShop((await stack.serve('api,worker', smtp)).url);
});
afterAll(async () => {
  await stack?.close();
  await mail?.close();
});

test('a customer gets one mail for a confirmed order and one for a failed one', async () => {
  const orders = [
    aCheckout({ customer_email: 'ada@mail.example' }),
    aCheckout({ customer_email: 'ben@mail.example' }, 'pm_declined'),
  ];
  await Promise.all(orders.map((order) => shop.post(order)));
  await eventually(
    async () => mail.mails,
    ({ length }) => length >= 2,
  );
  const outbox = stack.database.kysely.selectFrom('outbox').select('id');
  await eventually(
    () => outbox.execute(),
    ({ length }) => length === 0,
  );
  expect(mail.mails.map(({ to }) => to.join()).sort()).toEqual(['ada@mail.example', 'ben@mail.example']);
});
