import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { auditOnce } from '../../src/activities/audit/audit.js';
import { auditLimits, type AuditPorts } from '../../src/activities/audit/audit-ports.js';
import { DEFAULT_POLICY } from '../../src/domain/policy.js';
import { PLANTS } from '../support/audit-plants.js';
import { auditPortsOn, createQuietRuns, listening } from '../support/audit-ports.js';
import { plantOrder } from '../support/planted-orders.js';
import { PRODUCTS, startStack, type Stack } from '../support/stack.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(async () => stack?.close());
afterEach(async () => {
  await stack.database.pool.query('truncate orders, dead_letters, stock_movements, stock, outbox cascade');
  await stack.seed(...PRODUCTS);
});

const run = (text: string) => stack.database.pool.query(text);

/** A dead letter that no audit opened, with what its automation left it as. */
const openLetter = (orderId: string, kind: string, subject = '') =>
  run(`insert into dead_letters (order_id, kind, step, error_class, last_error, subject)
       values ('${orderId}', '${kind}', 'step', 'Fault', 'what went wrong', '${subject}')`);

async function audit(isRunning: boolean) {
  const resumed: string[] = [];
  const refundResumer: AuditPorts['refundResumer'] = {
    resume: async (_orderId, refundId) => {
      resumed.push(refundId);
      return !refundId.startsWith('undo-');
    },
  };
  const { ports, recovered } = auditPortsOn(stack.database, { runs: createQuietRuns(isRunning), refundResumer });
  const report = await auditOnce(ports, auditLimits(DEFAULT_POLICY), listening());
  const broken = report.checks.filter(({ violations }) => violations > 0).map(({ name }) => name);
  return { broken, recovered, resumed };
}

/** What used to be left out for any open dead letter of its order. */
const WATCHED = new Set([
  'one-charge-is-kept',
  'captured-money-has-an-order',
  'cancelled-orders-hold-no-money',
  'settled-orders-know-their-charges',
  'checkouts-end',
  'reviews-end',
  'undos-end',
  'refunds-end',
  'refunds-restock',
]);
const UNRELATED: [kind: string, subject: string][] = [
  ['notice', '3:smtp'],
  ['charge', ''],
  ['reserve', ''],
  ['refund', 'rf_of_something_else'],
];

describe('a dead letter about something else hides nothing:', () => {
  const plants = PLANTS.filter(([check]) => WATCHED.has(check));
  test('every check that looks at dead letters is tried', () => {
    expect(new Set(plants.map(([check]) => check))).toEqual(WATCHED);
  });

  test.each(plants)('%s (%s, %s old)', async (check, status, age, breakIt) => {
    const id = await plantOrder(stack.database, status, age);
    await run(breakIt.replaceAll('ID', id));
    // An undo and a checkout may wait for any refund of their order.
    const others = ['checkouts-end', 'undos-end'].includes(check)
      ? UNRELATED.filter(([kind]) => kind !== 'refund')
      : UNRELATED;
    for (const [kind, subject] of others) await openLetter(id, kind, subject);
    expect((await audit(true)).broken).toEqual([check]);
  });
});

describe('money that is kept', () => {
  const UNDO = `insert into refunds (idempotency_key, refund_id, order_id, attempt, amount_minor, currency, state,
    created_at, updated_at) values ('ID:charge:1:undo', 'undo-ID-1', 'ID', 1, 3998, 'EUR', 'STATE',
    now() - interval '2 hours', now() - interval '2 hours')`;
  const keptBy = async (state: string) => {
    const id = await plantOrder(stack.database, 'cancelled');
    await run(`delete from refunds where order_id = 'ID'; ${UNDO}`.replaceAll('ID', id).replace('STATE', state));
    return id;
  };

  test.each(['refund', 'compensation'])(
    'and covered by a dead letter (%s) is left to the workflow that runs',
    async (kind) => {
      const id = await keptBy('unknown');
      await openLetter(id, kind, kind === 'refund' ? `undo-${id}-1` : '');
      expect(await audit(true)).toEqual({ broken: [], recovered: [], resumed: [] });
      const { broken, recovered } = await audit(false);
      expect(broken).toEqual(['cancelled-orders-hold-no-money', 'refunds-end']);
      expect(recovered).toEqual([id]);
    },
  );

  test('because the gateway refused its refund waits for a person, with or without a workflow', async () => {
    const id = await keptBy('failed');
    await openLetter(id, 'refund', `undo-${id}-1`);
    expect(await audit(false)).toEqual({ broken: [], recovered: [], resumed: [] });
    await run(`update dead_letters set state = 'discarded'`);
    expect((await audit(false)).recovered).toEqual([id]);
  });

  test('beyond a refused refund is found', async () => {
    const id = await keptBy('failed');
    await run(`update refunds set amount_minor = 3997`);
    await openLetter(id, 'refund', `undo-${id}-1`);
    expect((await audit(false)).recovered).toEqual([id]);
  });
});

describe('a requested refund', () => {
  const plantRefund = async (state: string, age: string) => {
    const id = await plantOrder(stack.database, 'confirmed');
    await run(
      `insert into refunds (idempotency_key, refund_id, order_id, attempt, amount_minor, currency, state, fingerprint,
         created_at, updated_at)
       values ('${id}:refund:rf_${id}:1', 'rf_${id}', '${id}', 1, 100, 'EUR', '${state}', 'f',
         now() - interval '${age}', now() - interval '${age}')`,
    );
    return { id, refundId: `rf_${id}` };
  };

  test('and is unknown, as its dead letter says, continues when its workflow no longer exists', async () => {
    const { id, refundId } = await plantRefund('unknown', '2 hours');
    await openLetter(id, 'refund', refundId);
    expect(await audit(true)).toEqual({ broken: [], recovered: [], resumed: [] });
    expect(await audit(false)).toEqual({ broken: ['refunds-end'], recovered: [], resumed: [refundId] });
  });

  test('continues a quarter of an hour after its workflow was lost, and counts as stuck after an hour with one', async () => {
    await plantRefund('pending', '16 minutes');
    expect((await audit(true)).broken).toEqual([]);
    expect((await audit(false)).broken).toEqual(['refunds-end']);
    await run(`update refunds set created_at = now() - interval '61 minutes'`);
    expect((await audit(true)).broken).toEqual(['refunds-end']);
  });

  test('and was sent a moment ago is left alone', async () => {
    await plantRefund('pending', '1 minute');
    expect((await audit(false)).broken).toEqual([]);
  });
});

test('orders with a dead letter do not displace those without', async () => {
  for (let i = 0; i < 4; i += 1) {
    const id = await plantOrder(stack.database, 'cancelled');
    await run(`delete from refunds where order_id = '${id}'`);
    if (i > 0) await openLetter(id, 'compensation');
  }
  const { ports } = auditPortsOn(stack.database, { runs: createQuietRuns(true) });
  const report = await auditOnce(ports, { ...auditLimits(DEFAULT_POLICY), findings: 1 }, listening());
  expect(report.checks.find(({ name }) => name === 'cancelled-orders-hold-no-money')?.violations).toBe(1);
});
