import { setTimeout as pause } from 'node:timers/promises';
import { SQL_CHECKS } from '../../src/adapters/postgres/audit/sql-checks.js';
import { createAuditStore } from '../../src/adapters/postgres/audit/audit-store.js';
import { keyOfTry } from '../../src/adapters/postgres/money/refund-row.js';
import { auditLimits } from '../../src/activities/audit/audit-ports.js';
import { DEFAULT_POLICY } from '../../src/domain/policy.js';
import { redrive, refundEvidence } from './desk-commands.js';
import { keptAtGateway } from './invariants.js';
import type { LedgerEntry } from './ledger-reader.js';
import { isOver, openLetters, statusOf, type SeenOrder, type SeenRefund } from './observation.js';
import { review } from './order-commands.js';
import { jump, settle, tell } from './outside-commands.js';
import { LATE, possibleEndings, type Model, type ModelOrder } from './reference.js';
import { storyOf, type Run } from './run.js';
import type { World } from './world.js';

/** How the open questions of a run are answered at its end. */
export interface Ending {
  captured: boolean;
  decision: 'approve' | 'reject' | 'wait';
}

const MINUTE = 60_000;
const ROUNDS = 12;
const ENDINGS = ['order.confirmed', 'order.failed', 'order.cancelled'];

/** Heals everything, answers all questions, lets time pass, and then expects every order at its end and exact books. */
export async function endRun(model: Model, run: Run, ending: Ending): Promise<void> {
  const told = new Set<string>();
  model.weather = 'fair';
  run.world.gateway.weather = 'fair';
  for (let round = 1; !(await isQuiet(model, run, told)); round += 1) {
    if (round > ROUNDS) throw new Error(`does not come to rest:\n${await storyOf(run.world, model)}`);
    for (const order of model.orders) await answerFor(model, run, order, ending);
    for (const letter of openLetters(model.seen).filter(({ kind }) => kind === 'refund')) {
      const order = model.orders.find(({ id }) => id === letter.orderId);
      if (order?.method === 'pm_refund_fails' || round > 4) await refundEvidence(model, run, letter, true);
      else await redrive(model, run, letter, 1);
    }
    for (const line of model.orders.flatMap(({ id }) => run.world.ledger.of(id))) {
      const name = `${line.key} ${line.state}`;
      if (!told.has(name)) await tell(run, line);
      told.add(name);
    }
    await jump(model, run, ending.decision === 'wait' && round === 1 ? 25 * 60 * MINUTE : 15 * MINUTE);
    await run.check(model);
  }
  expectExactBooks(model, run);
  await expectEndingsTold(model, run);
}

async function answerFor(model: Model, run: Run, order: ModelOrder, { captured, decision }: Ending): Promise<void> {
  if (order.method === 'pm_processing') await settle(run, order, { captured, told: false });
  if (statusOf(model.seen, order.id) === 'in_review' && decision !== 'wait') await review(model, run, order, decision);
}

async function isQuiet(model: Model, run: Run, told: ReadonlySet<string>): Promise<boolean> {
  const { world } = run;
  await run.check(model);
  const { seen } = model;
  const untold = model.orders
    .flatMap(({ id }) => world.ledger.of(id))
    .some((line) => {
      return line.state !== 'processing' && !told.has(`${line.key} ${line.state}`);
    });
  const isUnsettled = (order: ModelOrder) => {
    const books = seen.orders.get(order.id);
    const lines = world.ledger.of(order.id);
    const isProcessing = lines.some(({ key }) => lines.findLast((line) => line.key === key)?.state === 'processing');
    return !isOver(seen, order.id) || isProcessing || isBusy(order, books);
  };
  if (untold || model.orders.some(isUnsettled) || openLetters(seen).some(({ kind }) => kind === 'refund')) return false;
  const { rows } = await world.database.pool.query<{ waiting: number }>(
    'select count(*)::int as waiting from gateway_events where processed_at is null',
  );
  return rows[0]?.waiting === 0;
}

function isBusy(order: ModelOrder, books: SeenOrder | undefined): boolean {
  if (books === undefined) return true;
  const isPending = books.refunds.some(({ state }) => state === 'pending' || state === 'unknown');
  const isRedriving = books.letters.some(({ state }) => state === 'redriving');
  const waitsForStock =
    books.refunds.some(({ state, restock }) => restock && state === 'succeeded') && !isRestocked(books);
  return isPending || isRedriving || waitsForStock || (order.isCancelTaken && books.status === 'confirmed');
}

const isRestocked = ({ status, reservations }: SeenOrder) =>
  status === 'cancelled' || reservations.every(({ state }) => state === 'restocked');

/** Nothing is under way any more: now all sums are exact. */
function expectExactBooks(model: Model, { world, tally }: Run): void {
  const wrong: string[] = [];
  const left = new Map(model.shelved);
  for (const order of model.orders) {
    const books = model.seen.orders.get(order.id);
    if (books === undefined) continue;
    const { status, refunds, reservations, attempts, letters } = books;
    const isPaid = status === 'confirmed' || status === 'completed';
    const elsewhere = refunds.filter(({ id, state }) => state === 'succeeded' && order.sentBackElsewhere.has(id));
    const atGateway = world.ledger.of(order.id);
    const outside = elsewhere
      .filter((refund) => !wentBackAtGateway(atGateway, order.id, refund))
      .reduce((sum, { amount }) => sum + amount, 0);
    const back = refunds
      .filter(({ state, attempt }) => state === 'succeeded' && attempt === books.payment?.attempt)
      .reduce((sum, { amount }) => sum + amount, 0);
    const kept = keptAtGateway(world.ledger.of(order.id)) - outside;
    const due = isPaid ? order.total - back : 0;
    if (kept !== due) wrong.push(`${order.id} is ${status}, ${kept} are kept and ${due} are due`);

    const isSold = isPaid && reservations.some(({ state }) => state === 'committed');
    for (const { sku, quantity } of isSold ? order.lines : []) left.set(sku, (left.get(sku) ?? 0) - quantity);

    const ending = status === 'failed' ? `failed/${books.reason}` : status;
    tally.add(`end ${ending}`);
    if (order.method === LATE) tally.add(`late and ${ending}`);
    tally.add(possibleEndings(order).size === 1 ? 'endings foretold exactly' : 'endings foretold roughly');
    if (order.mayLackStock) tally.add('stock in doubt');
    if (order.isTroubled || order.isHeldBack) tally.add('gateway in doubt');
    if (order.redrives > 0) tally.add(`redriven and ${status}`);
    if (order.isShortChanged && status === 'failed') tally.add('mismatches');
    if (letters.some(({ kind }) => kind === 'payment_unknown')) tally.add('payments unknown');
    if (letters.some(({ kind }) => kind === 'compensation')) tally.add('compensation alarms');
    if (refunds.some(({ restock, state }) => restock && state === 'succeeded')) tally.add('restocked');
    tally.add('refunds succeeded', refunds.filter(({ state }) => state === 'succeeded').length);
    const strays = attempts.filter(({ state, attempt }) => state === 'captured' && attempt !== books.payment?.attempt);
    if (status !== 'cancelled') tally.add('stray captures', order.isShortChanged ? 0 : strays.length);
  }
  for (const sku of model.skus) {
    const { onHand, reserved } = model.seen.stock.get(sku) ?? { onHand: -1, reserved: -1 };
    if (onHand !== left.get(sku) || reserved !== 0)
      wrong.push(`${onHand} of ${sku} are left, ${left.get(sku)} are due`);
  }
  if (wrong.length > 0) throw new Error(`The books are not exact: ${wrong.join('; ')}`);
}

/** Whether the gateway has sent it back, under whatever key: a person may have been mistaken about an earlier one. */
function wentBackAtGateway(lines: readonly LedgerEntry[], orderId: string, refund: SeenRefund): boolean {
  const row = { order_id: orderId, refund_id: refund.id, attempt: refund.attempt };
  const keys = Array.from({ length: refund.number }, (_, before) => keyOfTry(row, before + 1));
  return keys.some((key) => lines.findLast((line) => line.key === key)?.state === 'refunded');
}

/** Each follower has seen each ending, and no other one after it. */
async function expectEndingsTold(model: Model, { world }: Run): Promise<void> {
  for (const { id } of model.orders) {
    const status = model.seen.orders.get(id)?.status;
    if (status === undefined) continue;
    const told = await world.events.of(id);
    // No customer notice exists for completed orders, so the last one is about their confirmation.
    const last = status === 'completed' ? 'confirmed' : status;
    if (told.findLast((type) => ENDINGS.includes(type)) !== `order.${last}`)
      throw new Error(`${id} is ${status}, and what was told is: ${told.join(', ')}`);
  }
}

/** The audit's own checks, without any patience, over all runs so far. */
export async function auditAll({ database }: World): Promise<void> {
  const audit = createAuditStore(database);
  const limits = { ...auditLimits(DEFAULT_POLICY), marginMs: 0, checkoutMs: 0, undoMs: 0, redriveMs: 0 };
  for (const { name } of SQL_CHECKS) {
    const first = await audit.inspect(name, limits);
    if (first.findings.length === 0) continue;
    await pause(200);
    const { findings } = await audit.inspect(name, limits);
    if (findings.length > 0) throw new Error(`The audit finds ${name}: ${JSON.stringify(findings)}`);
  }
}
