import { describe, expect, test } from '@jest/globals';
import type { DeadLetter } from '../../../src/domain/dead-letter.js';
import { Unavailable } from '../../../src/domain/unavailable.js';
import { anOrder } from '../../support/orders.js';
import { aRefund, CAPTURED } from '../api/desk.js';
import { openConsole } from './opened.js';

const EVIL = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`;
const LETTER: DeadLetter = {
  id: 'dl_1',
  orderId: 'order-1',
  kind: 'refund',
  step: 'refund',
  errorClass: 'Refused',
  attempts: 1,
  lastError: EVIL,
  subject: EVIL,
  state: 'open',
  resolution: null,
  note: null,
  redrivenBy: null,
  evidenceBy: null,
  discardedBy: null,
  createdAt: '2026-01-01T00:00:00.000000Z',
  updatedAt: '2026-01-01T00:00:00.000000Z',
};

async function signedIn(key = 'all') {
  const console_ = openConsole();
  await console_.signIn(key);
  return console_;
}

describe('an order page', () => {
  test('offers the actions that the order allows, and says what they do to money and goods', async () => {
    const { has, visit } = await signedIn();
    has('order-1', { status: 'confirmed', attempts: [CAPTURED] });
    const { text } = await visit('/console/orders/order-1');
    for (const action of ['cancel', 'refund', 'fulfill']) expect(text).toContain(`/console/orders/order-1/${action}"`);
    expect(text).not.toContain('/console/orders/order-1/approve"');
    expect(text).toContain('EUR 39.98 goes back to the customer, and 2 × Notebook returns to the stock.');
  });

  test('shows an action that the key may not take, with the scope that it needs', async () => {
    const { has, visit, submit, asked } = await signedIn('duty');
    has('order-1', { status: 'confirmed', attempts: [CAPTURED] });
    const { text } = await visit('/console/orders/order-1');
    expect(text).toContain('needs orders');
    expect(text).not.toContain('action="/console/orders/order-1/cancel"');
    expect((await submit('/console/orders/order-1/cancel', { reason: 'x' })).status).toBe(403);
    expect(asked).toEqual([]);
  });

  test('is gone when there is no such order, and says when the database is unavailable', async () => {
    const { visit, answer } = await signedIn();
    expect(await visit('/console/orders/none')).toMatchObject({ status: 404 });
    expect(await visit('/console/orders/no%2Fid')).toMatchObject({ status: 404 });
    answer.fault = new Unavailable('database', new Error('gone'));
    const away = await visit('/console/orders/none');
    expect(away.status).toBe(503);
    expect(away.text).toContain('The database is unavailable.');
  });

  test('runs nothing that a shop or a customer wrote', async () => {
    const { orders, letters, events, has, visit } = await signedIn();
    has('order-1', {
      order: {
        ...anOrder({ orderId: 'order-1' }),
        customerId: EVIL,
        customerEmail: EVIL,
        metadata: { [EVIL]: EVIL },
        paymentMethod: EVIL,
        lines: [{ sku: EVIL, name: EVIL, quantity: 1, unitPriceMinor: 1 }],
      },
      status: 'confirmed',
      cancelRequested: true,
      cancelReason: EVIL,
      failure: { step: 'charge', reason: 'expired', detail: EVIL },
      attempts: [{ ...CAPTURED, reference: EVIL, declineCode: EVIL }],
      refunds: [aRefund({ reason: EVIL, reference: EVIL })],
      deadLetters: [{ ...LETTER }],
    });
    letters.set('dl_1', LETTER);
    const actor = { requestId: EVIL, name: EVIL };
    events.push({ seq: 1, type: 'order.created', data: { [EVIL]: EVIL }, actor, createdAt: LETTER.createdAt });
    const notice = `?done=${encodeURIComponent(EVIL)}&q=${encodeURIComponent(EVIL)}&customer_id=${encodeURIComponent(EVIL)}`;
    for (const path of ['/orders/order-1', '/orders', '/attention', '', '/products', '/search']) {
      const { text } = await visit(`/console${path}${notice}`);
      expect(text).not.toMatch(/<script>|<img|alert\(1\)>/);
    }
    expect(orders.size).toBe(1);
  });
});

describe('a form', () => {
  test('acts on behalf of the key of its session, and leads back to its page', async () => {
    const { has, submit, asked } = await signedIn();
    has('order-1', { status: 'confirmed', attempts: [CAPTURED] });
    const answer = await submit('/console/orders/order-1/cancel', { reason: ' ordered twice ' });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('Location')).toBe('/console/orders/order-1?done=cancel');
    const actor = { requestId: 'request-1', keyId: 'all', keyName: 'key all' };
    expect(asked).toEqual([{ action: 'cancel', args: ['order-1', 'ordered twice', actor] }]);
  });

  test.each([
    ['14.99', 1_499],
    ['14,5', 1_450],
    ['14', 1_400],
    ['', undefined],
  ])('refunds %j as a person writes it: %j minor units', async (amount, amountMinor) => {
    const { has, submit, asked } = await signedIn();
    has('order-1', { status: 'confirmed', attempts: [CAPTURED] });
    const key = 'key-0123456789abcdef';
    await submit('/console/orders/order-1/refund', { amount, reason: 'broken', key, restock: 'yes' });
    expect(asked[0]?.args[1]).toEqual({ key, amountMinor, reason: 'broken', restock: true });
  });

  test.each(['0', '-1', '1.999', 'x', '1e3'])('refuses the amount %j', async (amount) => {
    const { has, submit, asked } = await signedIn();
    has('order-1', { status: 'confirmed', attempts: [CAPTURED] });
    const form = { amount, reason: 'broken', key: 'key-0123456789abcdef' };
    expect((await submit('/console/orders/order-1/refund', form)).status).toBe(422);
    expect(asked).toEqual([]);
  });

  test('shows on its page why the action was refused', async () => {
    const { has, submit, answer } = await signedIn();
    has('order-1', { status: 'confirmed', attempts: [CAPTURED] });
    answer.refused = 'Order order-1 is completed; an order in this status cannot be cancelled.';
    const refused = await submit('/console/orders/order-1/cancel', { reason: 'x' });
    expect(refused.status).toBe(409);
    expect(refused.text).toContain(answer.refused);
  });

  test('redrives, discards and gives evidence about a dead letter, and leads back to no other site', async () => {
    const { letters, submit, asked } = await signedIn();
    letters.set('dl_1', LETTER);
    const at = '/console/attention/dl_1';
    expect((await submit(`${at}/redrive?back=https://elsewhere.example.com`)).headers.get('Location')).toBe(
      '/console/attention?done=redrive',
    );
    await submit(`${at}/discard?back=/console/orders/order-1`, { note: 'repaid' });
    await submit(`${at}/evidence`, { happened: 'no', note: 'seen at the provider' });
    expect((await submit(`${at}/evidence`, { happened: 'yes', note: 'no reference' })).status).toBe(422);
    expect(asked.map(({ action, args }) => [action, args[0], args[1]])).toEqual([
      ['redrive', 'dl_1', expect.objectContaining({ keyId: 'all' })],
      ['discard', 'dl_1', 'repaid'],
      ['giveEvidence', 'dl_1', { happened: false, reference: '', note: 'seen at the provider' }],
    ]);
  });

  test('adjusts stock with the scope catalog only', async () => {
    const duty = await signedIn('duty');
    const form = { delta: '-3', reason: 'broken', key: 'key-0123456789abcdef' };
    expect((await duty.submit('/console/products/pen/adjust', form)).status).toBe(403);
    const { submit, asked } = await signedIn();
    expect((await submit('/console/products/pen/adjust', { ...form, delta: '1.5' })).status).toBe(422);
    await submit('/console/products/pen/adjust', form);
    expect(asked.map(({ args }) => args.slice(0, 2))).toEqual([
      ['pen', { delta: -3, reason: 'broken', key: 'key-0123456789abcdef' }],
    ]);
  });
});

test('a search goes to the order, to the order of the dead letter, or to the orders of the customer', async () => {
  const { has, letters, visit } = await signedIn();
  has('order-1');
  letters.set('dl_1', LETTER);
  const target = async (q: string) => (await visit(`/console/search?q=${q}`)).headers.get('Location');
  expect(await target('order-1')).toBe('/console/orders/order-1');
  expect(await target('dl_1')).toBe('/console/orders/order-1#dl_1');
  expect(await target('customer-7')).toBe('/console/orders?customer_id=customer-7');
});
