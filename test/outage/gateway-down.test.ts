import { expect, test } from '@jest/globals';
import { playOutage, wrongAfter } from '../support/gateway-outage.js';

const AWAY_MS = 90_000;
// The breaker's minute, a wait that is spread by half of it, and the charges themselves.
const WITHIN_MS = 180_000;

test(
  'R36: with its default settings, Holdfast brings fifty checkouts through ninety seconds without a gateway',
  async () => {
    const outage = await playOutage({ awayMs: AWAY_MS, withinMs: WITHIN_MS });
    const { orders, entries, sentIntoTheVoid, confirmedAfterMs } = outage;
    const seconds = (ms = 0) => (ms / 1_000).toFixed(1);
    process.stdout.write(
      [
        `${orders.filter(({ status }) => status === 'confirmed').length} of ${orders.length} orders confirmed`,
        `${entries.filter(({ type }) => type === 'charge').length} charges in the gateway's ledger`,
        `${sentIntoTheVoid} charges sent while it was down`,
        `${confirmedAfterMs.length} orders waited for it; the first was confirmed ${seconds(confirmedAfterMs[0])} s` +
          ` and the last ${seconds(confirmedAfterMs.at(-1))} s after its return`,
        '',
      ].join('\n'),
    );

    expect(wrongAfter(outage)).toEqual([]);
    expect(entries).toHaveLength(orders.length);
    // Without a breaker, 25 orders would have sent four times each. What was cut off by the kill has opened it in part.
    expect(sentIntoTheVoid).toBeGreaterThan(0);
    expect(sentIntoTheVoid).toBeLessThan(60);
    // Those that came while the gateway was down were not given up: each was charged under its first key.
    for (const { payment } of orders) expect(payment.attempts).toHaveLength(1);
  },
  AWAY_MS + WITHIN_MS + 60_000,
);
