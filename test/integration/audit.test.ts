import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { auditOnce } from '../../src/activities/audit/audit.js';
import { auditLimits } from '../../src/activities/audit/audit-ports.js';
import { runAudit } from '../../src/commands/run-audit.js';
import { ORDER_STATUSES, type OrderStatus } from '../../src/domain/order.js';
import { DEFAULT_POLICY } from '../../src/domain/policy.js';
import { PLANTS } from '../support/audit-plants.js';
import { auditPortsOn, createQuietRuns, listening } from '../support/audit-ports.js';
import { plantOrder } from '../support/planted-orders.js';
import { REWRITING } from '../support/rewriting.js';
import { PRODUCTS, startStack, type Stack } from '../support/stack.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(async () => stack?.close());
afterEach(async () => {
  await stack.database.pool.query(
    'truncate orders, cancel_requests, dead_letters, gateway_events, stock_movements, stock, outbox cascade',
  );
  await stack.seed(...PRODUCTS);
});

const limits = auditLimits(DEFAULT_POLICY);
const run = (text: string) => stack.database.pool.query(text);
const plant = (status: OrderStatus, age?: string) => plantOrder(stack.database, status, age);
const letters = () =>
  stack.database.kysely.selectFrom('dead_letters').selectAll().where('step', '=', 'audit').execute();
const youngest = (status: OrderStatus) =>
  ['confirmed', 'completed', 'failed', 'cancelled'].includes(status) ? '1 day' : '1 minute';

async function audit(overrides = {}) {
  const { ports, recovered, started } = auditPortsOn(stack.database, overrides);
  const observer = listening();
  const report = await auditOnce(ports, limits, observer);
  const broken = report.checks.filter(({ violations }) => violations > 0).map(({ name }) => name);
  return { report, broken, recovered, started, lines: observer.lines };
}

test('a database with an order in every status passes the audit', async () => {
  for (const status of ORDER_STATUSES) await plant(status, youngest(status));
  const { report, lines } = await audit();
  expect(lines).toEqual([]);
  expect(report.ok).toBe(true);
  expect(await letters()).toEqual([]);
});

test('a redriven notice may be tried for longer than other redrives, but its dead letter must not outlive that', async () => {
  const id = await plant('confirmed', '1 day');
  await run(
    `insert into notices (order_id, seq, channel, attempts) values ('${id}', 3, 'smtp', 9);
     insert into dead_letters (order_id, kind, step, error_class, last_error, subject, state, updated_at)
     values ('${id}', 'notice', 'notify', 'EDNS', 'EDNS', '3:smtp', 'redriving', now() - interval '5 hours')`,
  );
  expect((await audit()).broken).toEqual([]);
  await run(`update notices set state = 'sent'`);
  expect((await audit()).broken).toEqual(['redrives-end']);
});

describe('what is broken once is reported once, by its check:', () => {
  test.each(PLANTS)('%s (%s, %s old)', async (check, status, age, breakIt) => {
    for (const healthy of ORDER_STATUSES) await plant(healthy, youngest(healthy));
    const id = await plant(status, age);
    await run(breakIt.replaceAll('ID', id));

    const { broken, lines, report } = await audit();
    expect(broken).toEqual([check]);
    expect(report.ok).toBe(false);
    expect(lines).toHaveLength(1);
    const ofNoOrder = /stock-is-its|stocked-goods|counts-are-the-orders/.test(check);
    expect(lines[0]).toMatchObject({ level: 'violation', check, orderId: ofNoOrder ? '' : id });
    expect(await letters()).toMatchObject([{ kind: 'books', state: 'open', error_class: check }]);
  });

  test('every check of the database is in the table', async () => {
    const { ports } = auditPortsOn(stack.database);
    const planted = new Set(PLANTS.map(([check]) => check));
    expect(ports.audit.checks.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([]);
  });
});

describe('what the schema itself refuses:', () => {
  test.each([
    ['I1: a second payment that settles an order', `insert into payments values ('ID', 1, 1, 'EUR', 'ch_2')`],
    ['I5: more reserved than there is', `update stock set reserved = on_hand + 1 where sku = 'product-A'`],
    ['I5: stock below zero', `update stock set on_hand = -1 where sku = 'product-A'`],
    [
      'I8: one key for two charges',
      `insert into payment_attempts (order_id, attempt, owner, idempotency_key, amount_minor, currency, state)
       values ('ID', 2, 'run-1', 'ID:charge:1', 1, 'EUR', 'created')`,
    ],
    [
      'I9: a gateway message twice',
      `insert into gateway_events (gateway, event_id, type) values ('g', 'e', 't'), ('g', 'e', 't')`,
    ],
    ['I10: two events of one version', `insert into order_events (order_id, seq, type) values ('ID', 3, 'x')`],
    ['I10: a status that there is not', `update orders set status = 'lost' where order_id = 'ID'`],
    ['a capture of no one knows what', `update payment_attempts set captured_minor = null where order_id = 'ID'`],
  ])('%s', async (_, breakIt) => {
    const id = await plant('confirmed');
    await expect(run(breakIt.replaceAll('ID', id))).rejects.toThrow(/constraint/);
  });
});

describe('what an audit does about it', () => {
  const keepMoney = async () => {
    const id = await plant('cancelled');
    await run(`delete from refunds where order_id = '${id}'`);
    return id;
  };

  test('opens one dead letter no matter how often it is found, and resolves it when it is no longer found', async () => {
    const id = await keepMoney();
    await audit();
    await audit();
    expect(await letters()).toMatchObject([{ order_id: id, state: 'open' }]);

    await run(
      `insert into refunds (idempotency_key, refund_id, order_id, attempt, amount_minor, currency, state)
       values ('${id}:charge:1:undo', 'undo-${id}-1', '${id}', 1, 3998, 'EUR', 'succeeded')`,
    );
    expect((await audit()).report.ok).toBe(true);
    expect(await letters()).toMatchObject([{ order_id: id, state: 'resolved' }]);
  });

  test('recovers an order with money that it must not have, unless a workflow is at it', async () => {
    const id = await keepMoney();
    expect((await audit()).recovered).toEqual([]);
    const { recovered, report } = await audit({ runs: createQuietRuns(false) });
    expect([recovered, report.recovered]).toEqual([[id], [id]]);
  });

  test('ignores findings that already have a dead letter, and rows that were just written', async () => {
    const id = await keepMoney();
    await run(
      `insert into refunds (idempotency_key, refund_id, order_id, attempt, amount_minor, currency, state)
       values ('${id}:charge:1:undo', 'undo-${id}-1', '${id}', 1, 3998, 'EUR', 'failed');
       insert into dead_letters (order_id, kind, step, error_class, last_error, subject)
       values ('${id}', 'refund', 'refund', 'RefundRefused', 'no', 'undo-${id}-1')`,
    );
    const other = await keepMoney();
    await run(`update payment_attempts set updated_at = now() where order_id = '${other}'`);
    expect((await audit()).report.ok).toBe(true);
  });

  test('does not bring back what a person discarded lately', async () => {
    await keepMoney();
    await audit();
    await run(`update dead_letters set state = 'discarded', updated_at = now()`);
    expect((await audit()).report.ok).toBe(false);
    expect(await letters()).toMatchObject([{ state: 'discarded' }]);
    await run(`update dead_letters set updated_at = now() - interval '25 hours'`);
    await audit();
    expect((await letters()).map(({ state }) => state).sort()).toEqual(['discarded', 'open']);
  });

  test('R21: starts the work on a gateway message that was stored and then forgotten', async () => {
    await run(
      `insert into gateway_events (gateway, event_id, type, received_at)
       values ('sandbox', 'evt/1', 'charge.captured', now() - interval '11 minutes'), ('sandbox', 'evt-2', 'x', now())`,
    );
    expect((await audit()).started).toEqual(['sandbox evt/1']);
  });

  test('R17: records a late capture of an order that was given up, and recovers it', async () => {
    const id = await plant('failed', '1 hour');
    const captures: unknown[] = [];
    const found = { kind: 'captured', reference: 'late', amountMinor: 3998, currency: 'EUR' } as const;
    const { recovered, broken } = await audit({
      runs: createQuietRuns(false),
      gateway: { lookup: async () => found },
      charges: {
        captured: async (...[run, attempt, captured]: unknown[]) => {
          captures.push([run, attempt, captured]);
          return { kind: 'superseded' };
        },
      },
    });
    expect(broken).toEqual(['uncharged-stays-uncharged']);
    expect(captures).toEqual([[{ orderId: id, owner: 'run-1' }, 1, found]]);
    expect(recovered).toEqual([id]);
  });

  test('reports that the gateway took a different amount than the database says, until the right one is seen again', async () => {
    await plant('confirmed', '1 hour');
    const wrong = { kind: 'captured', reference: 'ch', amountMinor: 1, currency: 'EUR' } as const;
    expect((await audit({ gateway: { lookup: async () => wrong } })).broken).toEqual(['captures-are-real']);
    expect((await audit()).report.ok).toBe(true);
    expect(await letters()).toMatchObject([{ kind: 'books', state: 'resolved' }]);
  });

  test('continues, and is not ok, when the gateway cannot be asked', async () => {
    await plant('confirmed', '1 hour');
    const away = async () => {
      throw new Error('connect ECONNREFUSED');
    };
    const { report, lines } = await audit({ gateway: { lookup: away } });
    expect(report.ok).toBe(false);
    expect(lines).toMatchObject([{ level: 'fault', check: 'captures-are-real', detail: 'connect ECONNREFUSED' }]);
    expect(await letters()).toEqual([]);
  });

  test('looks at no more than its limit, and resolves nothing that it may not have seen', async () => {
    for (let i = 0; i < 3; i += 1) await keepMoney();
    await audit();
    const { ports } = auditPortsOn(stack.database);
    const report = await auditOnce(ports, { ...limits, findings: 2 }, listening());
    expect(report.checks.find(({ name }) => name === 'cancelled-orders-hold-no-money')?.violations).toBe(2);
    expect((await letters()).filter(({ state }) => state === 'open')).toHaveLength(3);
  });
});

describe('the command', () => {
  const command = async () => {
    const said: string[] = [];
    const { ports } = auditPortsOn(stack.database);
    const code = await runAudit({ ports, policy: DEFAULT_POLICY, say: (line) => void said.push(line) });
    return { code, said };
  };

  test('ends with 0 and a line for each check when all is well', async () => {
    await plant('confirmed');
    const { code, said } = await command();
    expect(code).toBe(0);
    expect(said).toContain('✔ confirmed-orders-are-paid (I4)');
    expect(said.at(-1)).toBe('The audit passed.');
  });

  test('ends with 1 and says what is wrong', async () => {
    const id = await plant('confirmed');
    await run(`${REWRITING} delete from payments where order_id = '${id}'`);
    const { code, said } = await command();
    expect(code).toBe(1);
    expect(said[0]).toBe(
      `✖ confirmed-orders-are-paid [${id}]: the order is confirmed, its total is 3998 EUR and its payment missing`,
    );
    expect(said).toContain('✖ confirmed-orders-are-paid (I4): 1 violation');
  });
});
