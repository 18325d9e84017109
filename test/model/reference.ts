import { ORDER_TRANSITIONS, type OrderStatus } from '../../src/domain/order.js';
import { isOver, NOTHING, type Observation } from './observation.js';
import type { Weather } from './gateway-proxy.js';

export const PRICE_MINOR = 9_999;
export const STOCK_AT_FIRST = 22;

export interface Line {
  sku: string;
  quantity: number;
}

/** What the model knows of an order: what was asked, and what was answered. Never how long things take. */
export interface ModelOrder {
  id: string;
  method: string;
  lines: Line[];
  total: number;
  /** The gateway takes too little for it. */
  isShortChanged: boolean;
  needsReview: boolean;
  decision?: 'approve' | 'reject';
  isCancelTaken: boolean;
  isFulfilled: boolean;
  /** The gateway was not well while this order could need it. */
  isTroubled: boolean;
  /** The circuit breaker held its charge back: what it sends as a probe counts for nothing. */
  isHeldBack: boolean;
  mayLackStock: boolean;
  /** What a `pm_processing` charge came to, as far as someone said so. */
  truths: Set<'captured' | 'declined' | 'not_charged'>;
  redrives: number;
  /** Redriven since the last look. */
  isJustRedriven: boolean;
  /** Refunds by key: what was asked. */
  refunds: Map<string, { amountMinor?: number; restock: boolean; id: string }>;
  /** Refunds of which a person said that the money went back by another way. */
  sentBackElsewhere: Set<string>;
}

export interface Model {
  orders: ModelOrder[];
  skus: string[];
  /** What was put on the shelf and taken off again by people. */
  shelved: Map<string, number>;
  weather: Weather;
  /** How far the clock was turned. */
  elapsedMs: number;
  seen: Observation;
}

export function newModel(skus: string[]): Model {
  return {
    orders: [],
    skus,
    shelved: new Map(skus.map((sku) => [sku, STOCK_AT_FIRST])),
    weather: 'fair',
    elapsedMs: 0,
    seen: NOTHING,
  };
}

/** The order that a small number means: the newest are picked most often. */
export function picked({ orders }: Model, pick: number): ModelOrder {
  const order = orders.at(-1 - (pick % orders.length));
  if (order === undefined) throw new Error('there is no order to pick');
  return order;
}

/** Whether `to` can be reached from `from` by legal moves, none of them a redrive. */
export function reaches(from: OrderStatus, to: OrderStatus): boolean {
  if (from === to) return true;
  if (from === 'failed') return false;
  const next: readonly OrderStatus[] = ORDER_TRANSITIONS[from];
  return next.some((status) => !(from === 'in_review' && status === 'pending') && reaches(status, to));
}

/** The statuses that an order may have had between two moments. Out of review it starts over. */
export function between(before: OrderStatus, after: OrderStatus): OrderStatus[] {
  const all = Object.keys(ORDER_TRANSITIONS) as OrderStatus[];
  const legal = (from: OrderStatus, to: OrderStatus) =>
    reaches(from, to) || (from === 'in_review' && reaches('pending', to));
  return all.filter((status) => legal(before, status) && legal(status, after));
}

/** The charge arrives at the gateway when no one awaits it any more, and before it counts as not made. */
export const LATE = 'late';

const CAPTURING = [LATE, 'pm_ok', 'pm_fail_2', 'pm_timeout_after', 'pm_error_after', 'pm_refund_fails', 'pm_slow_250'];
/** The gateway answers their charges at once, if it is well. */
export const ANSWERING = new Set(['pm_ok', 'pm_fail_2', 'pm_fail_9', 'pm_declined', 'pm_refund_fails']);
const UNCHARGEABLE = ['pm_fail_9', 'pm_timeout_before'];

/** How the order may end, by all that is known now: `status` or `failed/reason`. */
export function possibleEndings(order: ModelOrder): Set<string> {
  const endings = new Set<string>();
  if (order.isFulfilled) return endings.add('completed');
  if (order.needsReview && order.decision === undefined) endings.add('failed/expired');
  else if (order.decision === 'reject') endings.add('failed/fraud_rejected');
  else {
    if (order.mayLackStock) endings.add('failed/out_of_stock');
    for (const ending of chargeEndings(order)) endings.add(ending);
    if (order.isTroubled || order.isHeldBack) endings.add('failed/payment_unavailable');
  }
  if (order.isCancelTaken) {
    endings.delete('confirmed');
    endings.add('cancelled');
  }
  return endings;
}

function chargeEndings({ method, isShortChanged, isHeldBack, truths }: ModelOrder): string[] {
  const paid = isShortChanged ? 'failed/payment_mismatch' : 'confirmed';
  // A slow charge is given up as not made when the clock jumps meanwhile.
  if (method === 'pm_slow_250') return [paid, 'failed/payment_unavailable'];
  if (CAPTURING.includes(method)) return [paid];
  if (method === 'pm_fail_9' && isHeldBack) return [paid, 'failed/payment_unavailable'];
  if (UNCHARGEABLE.includes(method)) return ['failed/payment_unavailable'];
  if (method === 'pm_declined') return ['failed/payment_declined'];
  const ends = { captured: paid, declined: 'failed/payment_declined', not_charged: 'failed/payment_unavailable' };
  return [...truths].map((truth) => ends[truth]);
}

/** Brings the model up to what was seen: what troubles orders, and whose stock may be gone. */
export function learn(model: Model, now: Observation, weatherBefore: Weather): void {
  const before = model.seen;
  for (const order of model.orders) {
    const isOut = isOver(before, order.id) && !order.isJustRedriven;
    order.isJustRedriven = false;
    if (isOut) continue;
    if (weatherBefore !== 'fair' || model.weather !== 'fair') order.isTroubled = true;
    if (!holds(before, order.id) && order.lines.some((line) => mayLack(model, order, line, now))) {
      order.mayLackStock = true;
    }
  }
  model.seen = now;
}

/** Whether all the others together, at their greediest, could have left too little of this. */
function mayLack(model: Model, order: ModelOrder, { sku, quantity }: Line, now: Observation): boolean {
  const before = model.seen;
  const free = ({ stock }: Observation) => {
    const level = stock.get(sku);
    return level === undefined ? STOCK_AT_FIRST : level.onHand - level.reserved;
  };
  const wanted = model.orders
    .filter((other) => other !== order && (other.redrives > 0 || !isOver(before, other.id)))
    .filter(({ id }) => !(holds(before, id) && holds(now, id)))
    .flatMap(({ lines }) => lines.filter((line) => line.sku === sku))
    .reduce((sum, line) => sum + line.quantity, 0);
  const own = holds(now, order.id) ? quantity : 0;
  return Math.min(free(before), free(now) + own) - wanted < quantity;
}

function holds({ orders }: Observation, orderId: string): boolean {
  return orders.get(orderId)?.reservations.some(({ state }) => state === 'active' || state === 'committed') ?? false;
}
