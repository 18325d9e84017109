import { isSettled, type OrderStatus } from '../../src/domain/order.js';
import type { LedgerEntry } from './ledger-reader.js';
import { statusOf, type Observation, type SeenOrder } from './observation.js';
import { between, possibleEndings, type Model, type ModelOrder } from './reference.js';

/** What the gateway had done before the books were read, and what after. */
interface Ledger {
  before: readonly LedgerEntry[];
  after: readonly LedgerEntry[];
  /** Whether something was still on its way to it after that. */
  isUnderway: boolean;
}

/** What must be so at every moment, whatever is under way. Answers with what is not. */
export function brokenInvariants(model: Model, now: Observation, ledgerOf: (orderId: string) => Ledger) {
  const broken: string[] = [];
  for (const order of model.orders) {
    const say = (holds: boolean, invariant: string) => {
      if (!holds) broken.push(`${invariant}: ${order.id} ${order.method} is ${statusOf(now, order.id)}`);
    };
    const books = now.orders.get(order.id);
    checkLedger(ledgerOf(order.id).after, say);
    say(books !== undefined || !model.seen.orders.has(order.id), 'an order never vanishes');
    if (books === undefined) continue;
    checkMoves(model.seen.orders.get(order.id), books, order, say);
    checkMoney(books, ledgerOf(order.id), say);
    checkReservations(books, order, say);
    checkLetters(books, say);
    if (isSettled(books.status)) {
      checkEnding(books, order, say);
      say(!ledgerOf(order.id).isUnderway, 'I3 its charge is still on its way');
    }
  }
  return [...broken, ...brokenStock(model, now)];
}

type Say = (holds: boolean, invariant: string) => void;

function checkLedger(entries: readonly LedgerEntry[], say: Say): void {
  const captures = entries.filter(({ state }) => state === 'captured');
  say(new Set(captures.map(({ key }) => key)).size === captures.length, 'I1 one key is one charge');
  for (const { key, amount_minor: captured } of captures) {
    const back = sentBack(entries, key);
    say(back >= 0 && back <= captured, `I2 the gateway sent back ${back} of ${captured}`);
  }
}

/** What the gateway holds of an order's money. */
export function keptAtGateway(entries: readonly LedgerEntry[]): number {
  return entries
    .filter(({ state }) => state === 'captured')
    .reduce((sum, { key, amount_minor }) => sum + amount_minor - sentBack(entries, key), 0);
}

function sentBack(entries: readonly LedgerEntry[], chargeKey: string): number {
  return entries
    .filter(({ charge_key }) => charge_key === chargeKey)
    .reduce((sum, { state, amount_minor }) => sum + (state === 'refunded' ? amount_minor : -amount_minor), 0);
}

function checkMoves(before: SeenOrder | undefined, books: SeenOrder, order: ModelOrder, say: Say): void {
  const from: OrderStatus = before?.status ?? 'pending';
  const { status, version } = books;
  const isRedriven = from === 'failed' && order.redrives > 0 && version > (before?.version ?? 0);
  say(isRedriven || between(from, status).length > 0, `I10 from ${from} to ${status}`);
  say(version >= (before?.version ?? 0), 'I10 versions grow');
  say(version > (before?.version ?? 0) || status === from, 'I10 a move is counted');
  if (from === 'confirmed' && status !== from) {
    say(status === 'completed' ? order.isFulfilled : order.isCancelTaken, `I10 no one asked for ${status}`);
  }
}

function checkMoney(books: SeenOrder, { before, after }: Ledger, say: Say): void {
  const { status, attempts, payment, refunds, total } = books;
  for (const { attempt, captured, state } of attempts) {
    const claimed = sum(refunds.filter((refund) => refund.attempt === attempt && refund.state !== 'failed'));
    say(claimed <= (state === 'captured' ? (captured ?? 0) : 0), `I2 refunds of ${claimed} for attempt ${attempt}`);
  }
  const open = attempts.filter(({ state }) => ['created', 'sent', 'unknown'].includes(state));
  say(open.length <= 1, 'I1 two charges are open at once');
  for (const { key, state, captured } of attempts) {
    const atGateway = after.filter((entry) => entry.key === key && entry.state === 'captured');
    say(
      state !== 'captured' || atGateway[0]?.amount_minor === captured,
      `I1 attempt ${key} is not what the gateway took`,
    );
  }
  for (const { key, state, amount_minor } of before.filter(({ type }) => type === 'charge')) {
    say(
      attempts.some((attempt) => attempt.key === key),
      `I8 the gateway has a charge ${key} ${state} ${amount_minor}`,
    );
  }
  if (status === 'confirmed' || status === 'completed') {
    say(payment?.amount === total, `I4 paid ${payment?.amount} of ${total}`);
    const paid = attempts.find(({ attempt }) => attempt === payment?.attempt);
    say(paid?.state === 'captured' && paid.captured === total, 'I4 its payment is a capture of the total');
  }
  if (status === 'cancelled' || status === 'failed') {
    for (const { attempt, captured } of attempts.filter(({ state }) => state === 'captured')) {
      const back = sum(refunds.filter((refund) => refund.attempt === attempt && refund.state === 'succeeded'));
      const isWatched = books.letters.some(({ kind, state }) => kind === 'refund' && state !== 'discarded');
      const isUnderWay = refunds.some(({ state }) => state === 'pending' || state === 'unknown');
      say(back === captured || isWatched || isUnderWay, `I14 ${captured} were taken and ${back} sent back`);
    }
  }
}

function checkReservations(books: SeenOrder, { lines }: ModelOrder, say: Say): void {
  const { status, attempts, reservations } = books;
  const held = reservations.filter(({ state }) => state === 'active');
  if (isSettled(status)) say(held.length === 0, 'I6 a settled order holds stock');
  const isPaying = attempts.some(({ state }) => state === 'sent' || state === 'unknown');
  if (isPaying || ['reserved', 'payment_unknown'].includes(status)) {
    say(held.length === lines.length, 'I7 its stock is not held');
  }
  if (status === 'confirmed' || status === 'completed') {
    const sold = reservations.filter(({ state }) => state === 'committed' || state === 'restocked');
    say(sold.length === lines.length, 'I4 its lines are not committed');
    const isRestocked = reservations.some(({ state }) => state === 'restocked');
    const mayRestock = books.refunds.some(({ state, restock }) => state !== 'pending' && restock);
    say(!isRestocked || mayRestock, 'I5 restocked without a refund that asks for it');
  }
  for (const { sku, quantity } of reservations) {
    say(
      lines.some((line) => line.sku === sku && line.quantity === quantity),
      `I5 reserved ${quantity} of ${sku}`,
    );
  }
}

function checkLetters({ status, attempts, refunds, letters }: SeenOrder, say: Say): void {
  const isTold = (kind: string) => letters.some((letter) => letter.kind === kind);
  if (status === 'payment_unknown') say(isTold('payment_unknown'), 'I11 an unknown payment has a dead letter');
  for (const { id, state } of refunds) {
    if (state === 'failed')
      say(
        letters.some(({ subject }) => subject === id),
        'I14 a failed refund has a dead letter',
      );
  }
  const unsettled = letters.filter(({ state }) => state === 'open' || state === 'redriving');
  const names = unsettled.map(({ kind, subject }) => `${kind} ${subject}`);
  say(new Set(names).size === names.length, 'I13 one thing is wrong once');
  say(
    unsettled.every(({ kind }) => kind !== 'books'),
    'I3 the audit found a violation',
  );
  if (isSettled(status)) {
    say(
      attempts.every(({ state }) => !['created', 'sent', 'unknown'].includes(state)),
      'I3 settled with an open charge',
    );
  }
}

function checkEnding({ status, reason }: SeenOrder, order: ModelOrder, say: Say): void {
  const ending = status === 'failed' ? `failed/${reason}` : status;
  const possible = possibleEndings(order);
  // A cancel that was taken is still on its way.
  if (order.isCancelTaken && status === 'confirmed') return;
  say(possible.has(ending), `${ending} is not of ${[...possible].join(' or ')}`);
}

function brokenStock({ skus, shelved }: Model, { stock, orders }: Observation): string[] {
  return skus.flatMap((sku) => {
    const level = stock.get(sku);
    if (level === undefined) return [`I5 ${sku} has no stock row`];
    const lines = [...orders.values()].flatMap(({ reservations }) => reservations.filter((line) => line.sku === sku));
    const quantityOf = (wanted: string) =>
      lines.filter(({ state }) => state === wanted).reduce((total, { quantity }) => total + quantity, 0);
    const { onHand, reserved, movedOnHand, movedReserved } = level;
    const checks: [boolean, string][] = [
      [reserved >= 0 && reserved <= onHand, `${reserved} of ${onHand} are reserved`],
      [reserved === quantityOf('active'), `${reserved} are reserved, by orders ${quantityOf('active')}`],
      [onHand === (shelved.get(sku) ?? 0) - quantityOf('committed'), `${onHand} are on hand`],
      [movedOnHand === onHand && movedReserved === reserved, `moved ${movedOnHand} and ${movedReserved}`],
    ];
    return checks.filter(([holds]) => !holds).map(([, detail]) => `I5 ${sku}: ${detail}`);
  });
}

function sum(refunds: readonly { amount: number }[]): number {
  return refunds.reduce((total, { amount }) => total + amount, 0);
}
