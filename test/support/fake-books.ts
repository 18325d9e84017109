import type { ReservationStore } from '../../src/activities/inventory.js';
import type { OrderStore } from '../../src/activities/orders.js';
import type { ChargeStore, Claim } from '../../src/activities/payments.js';
import type { RefundStore } from '../../src/activities/refunds.js';
import { chargeKey, undoRefundKey } from '../../src/domain/ids.js';
import { canTransition, type AcceptedOrder, type OrderStatus, type Undone } from '../../src/domain/order.js';
import type { ChargeOutcome } from '../../src/domain/outcomes.js';

type AttemptState = 'created' | 'sent' | 'unknown' | 'captured' | 'declined' | 'not_charged';

export interface FakeOrder {
  order: AcceptedOrder;
  status: OrderStatus;
  trail: OrderStatus[];
  held: 'none' | 'active' | 'committed' | 'released';
  attempt?: { state: AttemptState; doubtful: boolean; tries: number; code?: string };
  refund?: 'pending' | 'succeeded';
  ending?: Undone;
}

/** The books of a shop in memory, by the same rules as the real ones: what the ports of the workflow tests write to. */
export function createFakeBooks(stock: Record<string, number>) {
  const orders = new Map<string, FakeOrder>();

  const entry = (orderId: string): FakeOrder => {
    const found = orders.get(orderId);
    if (found === undefined) throw new Error(`no order ${orderId}`);
    return found;
  };
  const place = (order: AcceptedOrder): FakeOrder => {
    const found = orders.get(order.orderId);
    if (found !== undefined) return found;
    const placed: FakeOrder = { order, status: 'pending', trail: ['pending'], held: 'none' };
    orders.set(order.orderId, placed);
    return placed;
  };
  const move = (found: FakeOrder, to: OrderStatus): boolean => {
    if (!canTransition(found.status, to)) return false;
    found.status = to;
    found.trail.push(to);
    return true;
  };
  const change = (order: AcceptedOrder, sign: 1 | -1) => {
    for (const { sku, quantity } of order.lines) stock[sku] = (stock[sku] ?? 0) + sign * quantity;
  };
  const known = ({ status, attempt }: FakeOrder): ChargeOutcome | undefined => {
    if (status === 'confirmed') return { kind: 'confirmed' };
    if (attempt?.state === 'captured') return { kind: 'superseded' };
    if (attempt?.state === 'declined') return { kind: 'declined', code: attempt.code ?? '' };
    return attempt?.state === 'not_charged' ? { kind: 'not_charged' } : undefined;
  };

  const reservations: ReservationStore = {
    async reserve(order) {
      const found = place(order);
      if (found.status !== 'pending') {
        return { kind: ['reserved', 'confirmed'].includes(found.status) ? 'reserved' : 'superseded' };
      }
      const shortages = order.lines
        .map(({ sku, quantity }) => ({ sku, requested: quantity, available: stock[sku] ?? 0 }))
        .filter(({ requested, available }) => requested > available);
      if (shortages.length > 0) return { kind: 'out_of_stock', shortages };
      change(order, -1);
      found.held = 'active';
      move(found, 'reserved');
      return { kind: 'reserved' };
    },
    async release({ orderId }) {
      const found = entry(orderId);
      if (found.held !== 'active' && found.held !== 'committed') return;
      change(found.order, 1);
      found.held = 'released';
    },
  };

  const charges: ChargeStore = {
    async claim({ orderId }): Promise<Claim> {
      const found = entry(orderId);
      const outcome = known(found);
      if (outcome !== undefined) return { kind: 'answered', outcome };
      if (found.status !== 'reserved') return { kind: 'answered', outcome: { kind: 'superseded' } };
      const doubtful = found.attempt !== undefined && (found.attempt.doubtful || found.attempt.state !== 'created');
      found.attempt = { state: 'sent', doubtful, tries: (found.attempt?.tries ?? 0) + 1 };
      const { currency, totalMinor: amountMinor, paymentMethod: method } = found.order;
      const request = { key: chargeKey(orderId, 1), orderId, amountMinor, currency, method };
      return { kind: 'send', attempt: 1, doubtful, request };
    },
    async captured({ orderId }) {
      const found = entry(orderId);
      if (found.attempt) found.attempt.state = 'captured';
      if (move(found, 'confirmed')) found.held = 'committed';
      return known(found) ?? { kind: 'superseded' };
    },
    async declined({ orderId }, _attempt, code) {
      const { attempt } = entry(orderId);
      if (attempt) Object.assign(attempt, { state: attempt.doubtful ? 'unknown' : 'declined', code });
      return known(entry(orderId)) ?? { kind: 'unknown', retryAfterMs: 0 };
    },
    async disproved({ orderId }, _attempt, by) {
      const { attempt } = entry(orderId);
      if (attempt)
        Object.assign(attempt, 'code' in by ? { state: 'declined', code: by.code } : { state: 'not_charged' });
      return known(entry(orderId)) ?? { kind: 'unknown', retryAfterMs: 0 };
    },
    async troubled({ orderId }, _attempt, trouble) {
      const { attempt } = entry(orderId);
      if (!attempt) return;
      attempt.doubtful ||= trouble.kind === 'ambiguous';
      attempt.state = attempt.doubtful ? 'unknown' : 'created';
    },
    async standing({ orderId }) {
      const found = entry(orderId);
      if (found.attempt?.state === 'created') found.attempt.state = 'not_charged';
      const outcome = known(found) ?? (found.attempt === undefined ? ({ kind: 'not_charged' } as const) : undefined);
      if (outcome !== undefined) return { kind: 'known', outcome };
      return { kind: 'open', attempt: 1, key: chargeKey(orderId, 1), settlesInMs: 0 };
    },
    async unknown({ orderId }) {
      move(entry(orderId), 'payment_unknown');
    },
  };

  const refunds: RefundStore = {
    async due({ orderId }) {
      const found = entry(orderId);
      if (found.attempt?.state !== 'captured' || found.refund === 'succeeded') return [];
      found.refund = 'pending';
      const { currency, totalMinor: amountMinor } = found.order;
      return [{ key: undoRefundKey(orderId, 1), chargeKey: chargeKey(orderId, 1), orderId, amountMinor, currency }];
    },
    async record(key, result) {
      const found = [...orders.values()].find(({ order }) => key.startsWith(`${order.orderId}:`));
      if (found && result.kind === 'refunded') found.refund = 'succeeded';
    },
  };

  const orderStore: OrderStore = {
    async beginUndo({ order, to }) {
      const found = place(order);
      if (found.status === to || move(found, to)) return { kind: 'open' };
      return { kind: found.status === 'confirmed' ? 'confirmed' : 'superseded' };
    },
    async end({ orderId }, ending) {
      const found = entry(orderId);
      if (move(found, ending.status)) found.ending = ending;
    },
  };

  return { reservations, charges, refunds, orders: orderStore, entry, stock, has: (id: string) => orders.has(id) };
}
