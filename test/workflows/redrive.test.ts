import { describe, expect } from '@jest/globals';
import type { LookupResult } from '../../src/activities/payments.js';
import { createFakeBooks } from '../support/fake-books.js';
import { captured, createFakeGateway, notExecuted, processing } from '../support/fake-gateway.js';
import { anOrder } from '../support/orders.js';
import { cancels, comesTrue, openStage, test, until, type Act } from './stage.js';

const stage = openStage();

/** A gateway that is down until it is told to come back. */
function awayGateway(lookup?: () => LookupResult) {
  const power = { on: false };
  const gateway = createFakeGateway({
    charge: (request) => (power.on ? captured(request) : notExecuted),
    ...(lookup === undefined ? {} : { lookup }),
  });
  return { power, gateway };
}

/** Lets an order fail because its gateway is down. @returns the id of its dead letter */
async function failedOrder({ checkOut, books, order }: Act): Promise<string> {
  const outcome = await (await checkOut()).result();
  expect(outcome).toMatchObject({ failure: { reason: 'payment_unavailable' } });
  const [letter] = books.lettersOf(order.orderId);
  expect(letter).toMatchObject({ kind: 'charge', state: 'open' });
  return letter?.id ?? '';
}

/** What the first run sent, and no one has heard of since. */
const sentBefore = ({ order }: Act) => {
  const { orderId, totalMinor: amountMinor, currency, paymentMethod: method } = order;
  return { key: `${orderId}:charge:1`, orderId, amountMinor, currency, method };
};

describe('a redrive', () => {
  test('takes the failed order over, reserves and charges again under the next key, and confirms it', async () => {
    const { power, gateway } = awayGateway();
    await stage.play({ gateway }, async (act) => {
      const letter = await failedOrder(act);
      power.on = true;
      const { decision, handle } = await act.redrive(letter);
      expect(decision).toEqual({ kind: 'admitted' });
      expect(await handle.result()).toEqual({ status: 'confirmed' });
      expect(gateway.moves).toEqual([`charge ${act.order.orderId}:charge:2`]);
      expect(act.entry().trail.slice(-3)).toEqual(['pending', 'reserved', 'confirmed']);
      expect(act.letters()).toEqual(['charge resolved']);
      expect(act.books.stock).toEqual({ 'product-A': 8 });
    });
  });

  test('tells that it was admitted before its first steps are done', async () => {
    const { power, gateway } = awayGateway();
    const books = createFakeBooks();
    const gate = { shut: false };
    const ports = () => ({
      reservations: {
        ...books.reservations,
        reserveInventory: async (...args: Parameters<typeof books.reservations.reserveInventory>) => {
          await comesTrue(() => !gate.shut);
          return books.reservations.reserveInventory(...args);
        },
      },
    });
    await stage.play({ gateway, books, ports }, async (act) => {
      const letter = await failedOrder(act);
      power.on = true;
      gate.shut = true;
      const { decision, handle } = await act.redrive(letter);
      expect(decision).toEqual({ kind: 'admitted' });
      expect(act.entry().status).toBe('pending');
      gate.shut = false;
      expect(await handle.result()).toEqual({ status: 'confirmed' });
    });
  });

  test('R28: is refused when the order is confirmed already, and ends superseded', async () => {
    const { power, gateway } = awayGateway();
    await stage.play({ gateway }, async (act) => {
      const letter = await failedOrder(act);
      power.on = true;
      await (await act.redrive(letter)).handle.result();
      const second = await act.redrive(letter);
      expect(second.decision).toEqual({ kind: 'refused', code: 'not_redrivable', status: 'confirmed' });
      expect(await second.handle.result()).toEqual({ status: 'superseded' });
      expect(gateway.ledger.size).toBe(1);
    });
  });

  test('R28: is refused when another one has taken the dead letter', async () => {
    const { gateway } = awayGateway();
    await stage.play({ gateway }, async (act) => {
      const letter = await failedOrder(act);
      const [row] = act.books.lettersOf(act.order.orderId);
      if (row !== undefined) row.state = 'redriving';
      const { decision, handle } = await act.redrive(letter);
      expect(decision).toMatchObject({ kind: 'refused', code: 'superseded' });
      expect(await handle.result()).toEqual({ status: 'superseded' });
      expect(act.entry().status).toBe('failed');
    });
  });

  test('R28: twice at once is one run', async () => {
    const { power, gateway } = awayGateway();
    await stage.play({ gateway }, async (act) => {
      const letter = await failedOrder(act);
      power.on = true;
      const presses = await Promise.allSettled([act.redrive(letter), act.redrive(letter)]);
      const admitted = presses.flatMap((press) => (press.status === 'fulfilled' ? [press.value] : []));
      const [first, second] = admitted;
      expect(first?.decision).toEqual({ kind: 'admitted' });
      if (second !== undefined) expect(second.handle.workflowId).toBe(first?.handle.workflowId);
      expect(await first?.handle.result()).toEqual({ status: 'confirmed' });
      expect(gateway.ledger.size).toBe(1);
    });
  });

  test('R28: of a cancelled order is refused', async () => {
    const { gateway } = awayGateway();
    await stage.play({ gateway }, async (act) => {
      const handle = await act.checkOut();
      await until(() => gateway.calls.length > 0);
      await handle.signal('cancelOrder', { reason: 'asked' });
      await handle.result();
      const { decision } = await act.redrive('letter-1');
      expect(decision).toMatchObject({ kind: 'refused', code: 'not_redrivable', status: 'cancelled' });
    });
  });

  test.each([
    ['still open', 'unknown'],
    ['taken for uncharged', 'not_charged'],
  ] as const)(
    'R28: looks up the charge before, which was %s, and refunds its late capture before a new charge',
    async (_how, state) => {
      const { power, gateway } = awayGateway();
      await stage.play({ gateway }, async (act) => {
        const letter = await failedOrder(act);
        const [before] = act.entry().attempts;
        if (before !== undefined) before.state = state;
        gateway.take(sentBefore(act));
        power.on = true;
        const { handle } = await act.redrive(letter);
        expect(await handle.result()).toEqual({ status: 'confirmed' });
        const { orderId } = act.order;
        const key = `${orderId}:charge`;
        expect(gateway.moves).toEqual([`charge ${key}:1`, `refund ${key}:1:undo`, `charge ${key}:2`]);
        expect(gateway.kept()).toBe(act.order.totalMinor);
      });
    },
  );

  test('fails the order as out_of_stock when its stock is sold, and leaves no dead letter', async () => {
    const { power, gateway } = awayGateway();
    await stage.play({ gateway }, async (act) => {
      const letter = await failedOrder(act);
      power.on = true;
      act.books.stock['product-A'] = 1;
      const { handle } = await act.redrive(letter);
      expect(await handle.result()).toMatchObject({ failure: { reason: 'out_of_stock' } });
      expect(gateway.ledger.size).toBe(0);
      expect(act.letters()).toEqual(['charge resolved']);
    });
  });

  test('that fails as before opens a dead letter again, and can be redriven again', async () => {
    const { power, gateway } = awayGateway();
    await stage.play({ gateway }, async (act) => {
      const first = await failedOrder(act);
      await (await act.redrive(first)).handle.result();
      expect(act.entry().status).toBe('failed');
      const open = act.books.lettersOf(act.order.orderId).filter(({ state }) => state === 'open');
      expect(open).toHaveLength(1);
      power.on = true;
      const { handle } = await act.redrive(open[0]?.id ?? '');
      expect(await handle.result()).toEqual({ status: 'confirmed' });
      expect(gateway.moves).toEqual([`charge ${act.order.orderId}:charge:3`]);
    });
  });

  test.each(cancels)(
    'R13: is cancelled by %s while the charge before is still open: awaited, then refunded',
    async (_by, cancel, reason) => {
      const truth: { value: LookupResult } = { value: processing };
      const { power, gateway } = awayGateway(() => truth.value);
      await stage.play({ gateway, order: anOrder() }, async (act) => {
        const letter = await failedOrder(act);
        const [before] = act.entry().attempts;
        if (before !== undefined) before.state = 'unknown';
        power.on = true;
        const { handle } = await act.redrive(letter);
        await until(() => gateway.lookups.length > 0);
        await cancel(handle);
        await act.sleep('1 hour');
        expect(act.entry().status).toBe('cancelling');

        gateway.take(sentBefore(act));
        truth.value = captured(sentBefore(act));
        expect(await handle.result()).toEqual({ status: 'cancelled', reason });
        expect(gateway.kept()).toBe(0);
        expect(gateway.moves).toHaveLength(2);
      });
    },
  );
});

stage.replaysEverything();
