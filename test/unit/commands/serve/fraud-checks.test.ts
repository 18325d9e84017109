import { describe, expect, test } from '@jest/globals';
import { createScreeningActivities, type FraudCheck } from '../../../../src/activities/screening.js';
import { openDatabase } from '../../../../src/adapters/postgres/pool.js';
import { fraudChecksOf, fraudPolicyOf } from '../../../../src/commands/serve/fraud-checks.js';
import { policyOf } from '../../../../src/commands/serve/order-policy.js';
import { readConfig } from '../../../../src/config.js';
import { createFakeBooks } from '../../../support/fake-books.js';

const postcodes: FraudCheck = { name: 'postcodes', check: async () => ({ verdict: 'allow' }) };
const custom = [{ check: postcodes, limits: { country: 'DE', strict: true } }];

// Nothing here asks it anything.
const database = openDatabase({
  url: 'postgres://127.0.0.1:9/none',
  size: 1,
  connectTimeoutMs: 1,
  statementTimeoutMs: 1,
  onError: () => {},
});

describe('the fraud checks of new orders', () => {
  test.each([
    [{}, []],
    [{ FRAUD_REVIEW_ABOVE_MINOR: '10000' }, [{ name: 'amount_ceiling', limits: { reviewAboveMinor: 10_000 } }]],
    [
      { FRAUD_REJECT_ABOVE_MINOR: '90000', FRAUD_ORDERS_PER_WINDOW: '5', FRAUD_WINDOW_MS: '60000' },
      [
        { name: 'amount_ceiling', limits: { rejectAboveMinor: 90_000 } },
        { name: 'velocity', limits: { orders: 5, windowMs: 60_000 } },
      ],
    ],
  ])('and their limits come from the configuration %j', (environment, checks) => {
    expect(fraudPolicyOf(readConfig(environment))).toEqual(checks);
    expect(policyOf(readConfig(environment)).fraudChecks).toEqual(checks);
  });

  test('include those of the shop, with its limits', () => {
    const { fraudChecks } = policyOf(readConfig({ FRAUD_REVIEW_ABOVE_MINOR: '10000' }), custom);
    expect(fraudChecks.map(({ name }) => name)).toEqual(['amount_ceiling', 'postcodes']);
    expect(fraudChecks[1]).toEqual({ name: 'postcodes', limits: { country: 'DE', strict: true } });
  });

  test('are all known to a worker, whatever its own configuration says', () => {
    const known = fraudChecksOf(database, custom).map(({ name }) => name);
    const all = { FRAUD_REVIEW_ABOVE_MINOR: '1', FRAUD_ORDERS_PER_WINDOW: '1' };
    expect(fraudPolicyOf(readConfig(all), custom).map(({ name }) => name)).toEqual(known);
  });

  test('have different names, or the worker does not start', () => {
    const twice = fraudChecksOf(database, [...custom, ...custom]);
    const { screenings } = createFakeBooks();
    expect(() => createScreeningActivities({ screenings, fraudChecks: twice })).toThrow(/same name/);
  });
});
