import { describe, expect, test } from '@jest/globals';
import { checkout, openShop, problem } from '../shop.js';

describe('an order that is asked for', () => {
  test('is not found if it was never accepted', async () => {
    expect(await openShop().get('order-1')).toMatchObject(problem(404, 'not-found'));
  });

  test('is there from the moment it was accepted, before it has a row', async () => {
    const shop = openShop();
    const accepted = await shop.post(checkout());
    expect(await shop.get('order-1')).toMatchObject({ status: 200, body: accepted.body });
  });

  test('is read from its row, and Temporal is not asked', async () => {
    const shop = openShop();
    await shop.post(checkout());
    const holdExpiresAt = '2026-11-01T10:15:00.000Z';
    shop.writeRow('order-1', { status: 'reserved', version: 2, holdExpiresAt });
    shop.calls.length = 0;
    expect(await shop.get('order-1')).toMatchObject({
      status: 200,
      body: { status: 'reserved', version: 2, hold_expires_at: holdExpiresAt },
    });
    expect(shop.calls).toEqual(['reader.find']);
  });

  test('is read from its row even if that came while Temporal was asked', async () => {
    const shop = openShop();
    await shop.post(checkout());
    shop.writeRow('order-1', { status: 'confirmed' });
    const row = shop.rows.get('order-1');
    if (row === undefined) throw new Error('no row');
    const late = [undefined, row];
    shop.rows.get = () => late.shift();
    expect(await shop.get('order-1')).toMatchObject({ status: 200, body: { status: 'confirmed' } });
  });

  test('names its actions, its open dead letters with theirs, and its workflows', async () => {
    const shop = openShop();
    await shop.post(checkout());
    const letter = { id: 'dl_1', kind: 'refund', step: 'refund', subject: 'rf_1', state: 'redriving' } as const;
    const times = { lastError: 'refused', createdAt: '2026-11-01T10:00:00.000Z' };
    shop.writeRow('order-1', { status: 'reserved', deadLetters: [{ ...letter, ...times }] });
    expect((await shop.get('order-1')).body).toMatchObject({
      actions: ['cancel'],
      dead_letters: [
        {
          ...letter,
          last_error: 'refused',
          actions: ['evidence'],
          created_at: times.createdAt,
          links: { self: '/v1/dead-letters/dl_1' },
        },
      ],
      links: { workflows: [{ id: 'order-order-1', url: 'http://ui/order-1' }] },
    });
  });

  test('shows its failure, its charge attempts and its refunds', async () => {
    const shop = openShop();
    await shop.post(checkout());
    const times = { createdAt: '2026-11-01T10:00:00.000Z', updatedAt: '2026-11-01T10:00:01.000Z' };
    const shown = { created_at: times.createdAt, updated_at: times.updatedAt };
    const attempt = { attempt: 1, tries: 4, amountMinor: 10_790, ...times };
    shop.writeRow('order-1', {
      status: 'failed',
      version: 5,
      failure: { step: 'charge', reason: 'payment_mismatch', detail: '9 EUR were captured' },
      attempts: [
        {
          ...attempt,
          state: 'captured',
          reference: 'ch_1',
          declineCode: null,
          waitsUntil: null,
          capturedMinor: 9,
          settles: false,
        },
      ],
      refunds: [
        {
          id: 'rf_1',
          attempt: 1,
          fingerprint: null,
          reason: 'late',
          restock: false,
          amountMinor: 9,
          state: 'succeeded',
          reference: 're_1',
          ...times,
        },
      ],
      updatedAt: times.updatedAt,
    });
    expect(await shop.get('order-1')).toMatchObject({
      status: 200,
      body: {
        status: 'failed',
        failure: { step: 'charge', reason: 'payment_mismatch', detail: '9 EUR were captured' },
        payment: {
          method: 'pm_ok',
          attempts: [
            {
              attempt: 1,
              state: 'captured',
              tries: 4,
              amount_minor: 10_790,
              reference: 'ch_1',
              decline_code: null,
              ...shown,
            },
          ],
        },
        refunds: [{ amount_minor: 9, state: 'succeeded', reference: 're_1', ...shown }],
        updated_at: times.updatedAt,
      },
    });
  });

  test('shows why it was cancelled', async () => {
    const shop = openShop();
    await shop.post(checkout());
    shop.writeRow('order-1', { status: 'cancelled', cancelReason: 'changed their mind' });
    const body = { status: 'cancelled', cancel_reason: 'changed their mind', failure: null };
    expect(await shop.get('order-1')).toMatchObject({ status: 200, body });
  });

  test('shows that a cancel was accepted before the order had a row', async () => {
    const shop = openShop();
    await shop.post(checkout());
    shop.cancelReasons.set('order-1', 'changed their mind');
    const body = { status: 'pending', cancel_requested: true, cancel_reason: 'changed their mind' };
    expect(await shop.get('order-1')).toMatchObject({ status: 200, body });
  });

  test('answers to HEAD like to GET, without a body', async () => {
    const shop = openShop();
    await shop.post(checkout());
    const answer = await shop.ask('/v1/orders/order-1', { method: 'HEAD' });
    expect(answer).toMatchObject({ status: 200, text: '' });
  });

  test('shows neither fingerprint nor request id, which are ours', async () => {
    const shop = openShop();
    await shop.post(checkout(), { 'x-request-id': 'request-1' });
    const { text } = await shop.get('order-1');
    expect(text).not.toContain('request-1');
    expect(text).not.toContain(shop.runs.get('order-1')?.order.fingerprint);
  });
});
