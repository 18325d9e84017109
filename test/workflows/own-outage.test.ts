import { describe, expect } from '@jest/globals';
import { Unavailable } from '../../src/domain/unavailable.js';
import { captured, createFakeGateway, notExecuted } from '../support/fake-gateway.js';
import type { OrderPorts } from '../../src/activities/order-activities.js';
import { openStage, test } from './stage.js';

const stage = openStage();

const MINUTE = 60_000;

/** Fails calls for as long as the database is unavailable: the first so many, or those before a point in time. */
function outage(calls: number) {
  let left = calls;
  return <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      left -= 1;
      if (left >= 0) throw new Unavailable('database', new Error('connect ECONNREFUSED'));
      return call(...args);
    };
}

describe('while our own database is unavailable', () => {
  test('an order that is being reserved waits, for more tries than a fault has', async () => {
    const away = outage(8);
    const ports = ({ reservations }: OrderPorts) => ({
      reservations: { ...reservations, reserveInventory: away(reservations.reserveInventory) },
    });
    const { outcome, entry, letters } = await stage.run({ ports });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(entry.trail).toEqual(['pending', 'reserved', 'confirmed']);
    expect(letters).toEqual([]);
  });

  test('an order that is being screened waits, and no person has to decide', async () => {
    const away = outage(8);
    const ports = ({ screenings }: OrderPorts) => ({ screenings: { ...screenings, place: away(screenings.place) } });
    const check = { name: 'any', check: async () => ({ verdict: 'allow' as const }) };
    const policy = { fraudChecks: [{ name: 'any', limits: {} }] };
    const { outcome, entry } = await stage.run({ ports, fraudChecks: [check], policy });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(entry.trail).toEqual(['pending', 'reserved', 'confirmed']);
  });

  test('an order that is being charged waits, and the gateway is asked once', async () => {
    const away = outage(8);
    const ports = ({ charges }: OrderPorts) => ({ charges: { ...charges, claim: away(charges.claim) } });
    const { outcome, gateway } = await stage.run({ ports });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(gateway.calls).toHaveLength(1);
  });

  test('a charge that was taken is found and recorded once the database is back', async () => {
    const away = outage(8);
    const ports = ({ charges }: OrderPorts) => ({ charges: { ...charges, captured: away(charges.captured) } });
    const { outcome, gateway, entry } = await stage.run({ ports });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(gateway.moves).toHaveLength(1);
    expect(entry.trail).toEqual(['pending', 'reserved', 'confirmed']);
  });

  test('the gateway keeps its four tries, whichever tries the database spoils', async () => {
    let calls = 0;
    const gateway = createFakeGateway({
      charge: (request, call) => (call < 4 ? notExecuted : captured(request)),
    });
    const ports = ({ charges }: OrderPorts) => ({
      charges: {
        ...charges,
        // Every other claim meets an outage.
        claim: async (...args: Parameters<typeof charges.claim>) => {
          calls += 1;
          if (calls % 2 === 1) throw new Unavailable('database', new Error('connect ECONNREFUSED'));
          return charges.claim(...args);
        },
      },
    });
    const { outcome } = await stage.run({ gateway, ports });
    expect(outcome).toEqual({ status: 'confirmed' });
    expect(gateway.calls).toHaveLength(4);
    expect(calls).toBe(8);
  });

  test('a gateway that accepts no charge is called exactly four times', async () => {
    let calls = 0;
    const gateway = createFakeGateway({ charge: () => notExecuted });
    const ports = ({ charges }: OrderPorts) => ({
      charges: {
        ...charges,
        claim: async (...args: Parameters<typeof charges.claim>) => {
          calls += 1;
          if (calls % 2 === 1) throw new Unavailable('database', new Error('connect ECONNREFUSED'));
          return charges.claim(...args);
        },
      },
    });
    const { outcome } = await stage.run({ gateway, ports });
    expect(outcome).toMatchObject({ status: 'failed', failure: { reason: 'payment_unavailable' } });
    expect(gateway.calls).toHaveLength(4);
  });

  test('a step that fails by faults of another kind is still given up after four tries', async () => {
    let calls = 0;
    const ports = ({ reservations }: OrderPorts) => ({
      reservations: {
        ...reservations,
        reserveInventory: async () => {
          calls += 1;
          throw new Error('a bug');
        },
      },
    });
    const { outcome } = await stage.run({ ports });
    expect(outcome).toMatchObject({ failure: { step: 'reserve', reason: 'inventory_unavailable' } });
    expect(calls).toBe(4);
  });

  test('an order waits for its payment no longer than to the payment deadline', async () => {
    const away = outage(Infinity);
    const started = await stage.now();
    const ports = ({ charges }: OrderPorts) => ({ charges: { ...charges, claim: away(charges.claim) } });
    const { outcome, gateway } = await stage.run({ ports });
    expect(outcome).toMatchObject({ status: 'failed', failure: { reason: 'payment_unavailable' } });
    expect(gateway.calls).toEqual([]);
    const waited = (await stage.now()) - started;
    expect(waited).toBeGreaterThan(13 * MINUTE);
    expect(waited).toBeLessThan(16 * MINUTE);
  });
});

stage.replaysEverything();
