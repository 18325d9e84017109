import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createSandbox } from '../../../src/sandbox/app.js';
import type { LedgerEntry } from '../../../src/sandbox/entries.js';
import { memoryLedger } from '../../../src/sandbox/ledger.js';

const key = fc.constantFrom('a', 'b', 'c');
const amount_minor = fc.integer({ min: 1, max: 5 });
const method = fc.constantFrom('pm_ok', 'pm_declined', 'pm_fail_1', 'pm_error_after', 'pm_slow_1', 'pm_refund_fails');
const rest = { order_id: 'o', currency: 'EUR' };

const call = fc.oneof(
  fc.record({ path: fc.constant('/v1/charges'), key, body: fc.record({ method, amount_minor }) }),
  fc.record({ path: fc.constant('/v1/refunds'), key, body: fc.record({ charge_key: key, amount_minor }) }),
  fc.record({ path: key.map((one) => `/v1/refunds/${one}/fail`), key, body: fc.constant({}) }),
);

/** Calls of one group are sent together, the groups one after the other. */
const groups = fc
  .tuple(fc.array(call, { maxLength: 20 }), fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }))
  .map(([calls, together]) => {
    const grouped: (typeof calls)[] = [];
    calls.forEach((one, index) => {
      const last = grouped.at(-1);
      if (last !== undefined && together[index]) last.push(one);
      else grouped.push([one]);
    });
    return grouped;
  });

test('whatever is asked in whatever order: one charge a key, refunds within it, nothing rewritten', async () => {
  await fc.assert(
    fc.asyncProperty(groups, async (asked) => {
      const ledger = memoryLedger();
      const app = createSandbox({ ledger });
      let before: LedgerEntry[] = [];
      for (const group of asked) {
        await Promise.all(
          group.map(async (one) =>
            app.request(one.path, {
              method: 'POST',
              headers: { 'content-type': 'application/json', 'idempotency-key': one.key },
              body: JSON.stringify({ ...rest, ...one.body }),
            }),
          ),
        );
        const now = structuredClone(ledger.entries());
        expect(now.slice(0, before.length)).toEqual(before);
        before = [...now];
      }
      expectSound(before);
    }),
    { numRuns: 150 },
  );
});

function expectSound(entries: LedgerEntry[]): void {
  const charges = entries.filter((entry) => entry.type === 'charge');
  const refunds = entries.filter((entry) => entry.type === 'refund');
  expect(new Set(charges.map((charge) => charge.key)).size).toBe(charges.length);
  const failed = refunds.filter((refund) => refund.state === 'failed').map((refund) => refund.key);
  const refunded = refunds.filter((refund) => refund.state === 'refunded').map((refund) => refund.key);
  expect(new Set(failed).size).toBe(failed.length);
  expect(new Set(refunded).size).toBe(refunded.length);
  expect(refunded).toEqual(expect.arrayContaining(failed));
  for (const refund of refunds) {
    const charge = charges.find((candidate) => candidate.key === refund.charge_key);
    expect(charge).toMatchObject({ state: 'captured' });
    const total = refunds
      .filter((other) => other.charge_key === refund.charge_key && !failed.includes(other.key))
      .reduce((sum, other) => sum + other.amount_minor, 0);
    expect(total).toBeLessThanOrEqual(charge?.amount_minor ?? 0);
  }
}
