import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { auditOnce } from '../../src/activities/audit/audit.js';
import { auditLimits, type AuditLimits } from '../../src/activities/audit/audit-ports.js';
import type { LookupResult, RefundLookup } from '../../src/activities/payments.js';
import { createGatewayEventStore } from '../../src/adapters/postgres/money/gateway-event-store.js';
import { DEFAULT_POLICY } from '../../src/domain/policy.js';
import { auditPortsOn, listening } from '../support/audit-ports.js';
import { plantOrder } from '../support/planted-orders.js';
import { PRODUCTS, startStack, type Stack } from '../support/stack.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(async () => stack?.close());
afterEach(async () => {
  await run('truncate orders, dead_letters, stock_movements, stock, outbox, audit_cursors cascade');
  await stack.seed(...PRODUCTS);
});

const limits = auditLimits(DEFAULT_POLICY);
const run = (text: string) => stack.database.pool.query(text);
const lettersOf = (orderId: string) =>
  stack.database.kysely
    .selectFrom('dead_letters')
    .select(['error_class', 'state'])
    .where('order_id', '=', orderId)
    .orderBy('error_class')
    .execute();

/** One order in whose name a day's charges were declined, evenly, the first of them the longest ago. */
async function plantDeclines(count: number): Promise<{ orderId: string; keyOf: (place: number) => string }> {
  const orderId = await plantOrder(stack.database, 'failed', '2 days');
  await run(
    `insert into payment_attempts (order_id, attempt, owner, idempotency_key, amount_minor, currency, state, tries,
       created_at, updated_at)
     select '${orderId}', n + 1, 'run-1', '${orderId}:charge:' || n + 1, 3998, 'EUR', 'declined', 1, at, at
     from (select n, now() - interval '23 hours' + n * interval '23 hours' / ${count + 1} as at
           from generate_series(1, ${count}) as n) as each`,
  );
  return { orderId, keyOf: (place) => `${orderId}:charge:${place + 1}` };
}

interface Gateway {
  lookup?: (key: string) => Promise<LookupResult>;
  lookupRefund?: (key: string) => Promise<RefundLookup>;
}

/** One audit; `asked` are the keys that it asked the gateway about. */
async function audit(gateway: Gateway = {}, most: Partial<AuditLimits> = {}) {
  const asked: string[] = [];
  const watch =
    <T>(ask: (key: string) => Promise<T>) =>
    (key: string) => {
      asked.push(key);
      return ask(key);
    };
  const { lookup, lookupRefund } = gateway;
  const { ports } = auditPortsOn(stack.database, {
    gateway: {
      ...(lookup === undefined ? {} : { lookup: watch(lookup) }),
      ...(lookupRefund === undefined ? {} : { lookupRefund: watch(lookupRefund) }),
    },
  });
  const observer = listening();
  const report = await auditOnce(ports, { ...limits, ...most }, observer);
  const broken = report.checks.filter(({ violations }) => violations > 0).map(({ name }) => name);
  return { report, broken, asked, lines: observer.lines };
}

const notFound = async (): Promise<LookupResult> => ({ kind: 'not_found' });
const taken = { kind: 'captured', reference: 'late', amountMinor: 3_998, currency: 'EUR' } as const;

describe('the look back over a day', () => {
  test('finds a late charge that was followed by more declines than one audit asks about', async () => {
    const { orderId, keyOf } = await plantDeclines(61);
    const lookup = async (key: string) => (key === keyOf(1) ? taken : notFound());
    const found = [(await audit({ lookup })).broken, (await audit({ lookup })).broken].flat();
    expect(found).toContain('uncharged-stays-uncharged');
    expect(await lettersOf(orderId)).toEqual([{ error_class: 'uncharged-stays-uncharged', state: 'open' }]);
  });

  test('continues where the last audit stopped, until the whole day was asked about, and starts over', async () => {
    const { keyOf } = await plantDeclines(25);
    const most = { leastLookups: 10, mostLookups: 10 };
    const keys = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => keyOf(from + i));
    expect((await audit({ lookup: notFound }, most)).asked).toEqual(keys(1, 10));
    expect((await audit({ lookup: notFound }, most)).asked).toEqual(keys(11, 20));
    expect((await audit({ lookup: notFound }, most)).asked).toEqual(keys(21, 25));
    expect((await audit({ lookup: notFound }, most)).asked).toEqual(keys(1, 10));
  });

  test('asks about so much at once that a day takes twelve audits, and never about more than its limit', async () => {
    await plantDeclines(120);
    expect((await audit({ lookup: notFound }, { leastLookups: 1 })).asked).toHaveLength(10);
    expect((await audit({ lookup: notFound }, { leastLookups: 1, mostLookups: 7 })).asked).toHaveLength(7);
  });

  test('says so when more left the day than it could ask about', async () => {
    await plantDeclines(20);
    await audit({ lookup: notFound }, { leastLookups: 5, mostLookups: 5 });
    await run(`update payment_attempts set updated_at = updated_at - interval '12 hours'`);
    await run(`update audit_cursors set settled_at = settled_at - interval '12 hours'`);
    const { report, lines } = await audit({ lookup: notFound });
    expect(report.ok).toBe(false);
    expect(lines).toMatchObject([{ level: 'fault', check: 'uncharged-stays-uncharged', orderId: '' }]);
    expect(lines[0]?.detail).toMatch(/^\d+ .* a day ago/);
    expect((await audit({ lookup: notFound })).report.ok).toBe(true);
  });

  test('asks first about items with an open dead letter, no matter how old they are', async () => {
    const { keyOf } = await plantDeclines(12);
    const lookup = async (key: string) => (key === keyOf(1) ? taken : notFound());
    await audit({ lookup });
    await run(`update payment_attempts set updated_at = updated_at - interval '1 day'`);
    expect((await audit({ lookup })).asked).toEqual([keyOf(1)]);
  });
});

describe('a look-up that fails', () => {
  const failsFor = (failing: (key: string) => boolean) => async (key: string) => {
    if (failing(key)) throw new Error('HTTP 503');
    return notFound();
  };

  test('is named, and everything else is checked', async () => {
    const { orderId, keyOf } = await plantDeclines(12);
    const lookup = async (key: string) => (key === keyOf(3) ? taken : failsFor((other) => other === keyOf(9))(key));
    const { report, broken, lines, asked } = await audit({ lookup });
    expect(asked).toHaveLength(12);
    expect(broken).toEqual(['uncharged-stays-uncharged']);
    expect(report.checks.find(({ name }) => name === 'uncharged-stays-uncharged')).toMatchObject({
      violations: 1,
      unchecked: 1,
    });
    const faults = lines.filter(({ level }) => level === 'fault');
    expect(faults).toMatchObject([{ orderId, about: keyOf(9), detail: 'HTTP 503' }]);
  });

  test('does not resolve the dead letter about an item that could not be asked about', async () => {
    const { orderId, keyOf } = await plantDeclines(3);
    await audit({ lookup: async (key: string) => (key === keyOf(1) ? taken : notFound()) });
    await audit({ lookup: failsFor((key) => key === keyOf(1)) });
    expect(await lettersOf(orderId)).toMatchObject([{ state: 'open' }]);
    await audit({ lookup: notFound });
    expect(await lettersOf(orderId)).toMatchObject([{ state: 'resolved' }]);
  });

  test('ends the asking when twenty of one audit have failed; what was not asked comes next', async () => {
    const { keyOf } = await plantDeclines(45);
    const { asked, report } = await audit({ lookup: failsFor(() => true) });
    expect(asked).toHaveLength(20);
    expect(report.ok).toBe(false);
    expect((await audit({ lookup: notFound })).asked[0]).toBe(keyOf(21));
  });
});

describe('refunds', () => {
  const sentBack = async () => {
    const id = await plantOrder(stack.database, 'cancelled', '1 hour');
    return { id, key: `${id}:charge:1:undo` };
  };

  test('that the bank returned without an event fail with their dead letter', async () => {
    const { id, key } = await sentBack();
    const { broken } = await audit({ lookupRefund: async () => ({ kind: 'refused', code: 'refund_failed' }) });
    expect(broken).toEqual(['refunds-are-real']);
    expect(await lettersOf(id)).toEqual([
      { error_class: 'RefundTakenBack', state: 'open' },
      { error_class: 'refunds-are-real', state: 'open' },
    ]);
    expect((await audit()).broken).toEqual([]);
    expect(await lettersOf(id)).toContainEqual({ error_class: 'refunds-are-real', state: 'resolved' });
    expect(await createGatewayEventStore(stack.database).refundFailedLate(key)).toBe(false);
  });

  test('that the gateway does not know, or sent although they failed, get a dead letter', async () => {
    await sentBack();
    expect((await audit({ lookupRefund: async () => ({ kind: 'not_found' }) })).broken).toEqual(['refunds-are-real']);
    await run(`update refunds set state = 'failed'`);
    const { lines } = await audit({ lookupRefund: async () => ({ kind: 'refunded', reference: 're_1' }) });
    expect(lines).toContainEqual(expect.objectContaining({ check: 'refunds-are-real', level: 'violation' }));
    expect((await run(`select state from refunds`)).rows).toEqual([{ state: 'failed' }]);
  });

  test('that went back another way, as a person has said, are not asked about', async () => {
    const { id } = await sentBack();
    await run(
      `insert into dead_letters (order_id, kind, step, error_class, last_error, subject, state, resolution, updated_at)
       select '${id}', 'refund', 'refund', 'x', 'x', refund_id, 'resolved', 'evidence: the money was sent back', updated_at
       from refunds`,
    );
    const { asked, broken } = await audit({ lookupRefund: async () => ({ kind: 'not_found' }) });
    expect([asked, broken]).toEqual([[], []]);
  });

  test('that were redriven since have nothing left of what was found about their old key', async () => {
    const { id } = await sentBack();
    await audit({ lookupRefund: async () => ({ kind: 'not_found' }) });
    await run(`update refunds set idempotency_key = '${id}:refund:undo-${id}-1:2', number = 2`);
    expect((await audit()).broken).toEqual([]);
    expect(await lettersOf(id)).toEqual([{ error_class: 'refunds-are-real', state: 'resolved' }]);
  });
});
