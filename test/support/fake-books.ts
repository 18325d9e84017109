import type { DeadLetterStore } from '../../src/activities/dead-letters.js';
import type { ReservationStore } from '../../src/activities/inventory.js';
import { holdsStock, isBeingUndone } from '../../src/domain/order.js';
import { createFakeCharges } from './fake-charges.js';
import { createFakeGatewayEvents } from './fake-gateway-events.js';
import { createFakeOrders } from './fake-orders.js';
import { createFakeRefunds } from './fake-refunds.js';
import { createFakeScreenings } from './fake-screenings.js';
import { createFakeTables, type FakeTables } from './fake-tables.js';

export type FakeBooks = ReturnType<typeof createFakeBooks>;

/** The books of a shop in memory, by the same rules as the real ones: what the ports of the workflow tests write to. */
export function createFakeBooks(stock: Record<string, number> = { 'product-A': 10 }) {
  const tables = createFakeTables(stock);
  const deadLetters: DeadLetterStore = {
    openDeadLetter: async (letter) => tables.openLetter(letter),
    resolveDeadLetter: async (orderId, kind, _resolution, subject) => tables.resolveLetters(orderId, [kind], subject),
  };
  const refunds = createFakeRefunds(tables);
  return {
    reservations: createFakeReservations(tables),
    charges: createFakeCharges(tables),
    refunds,
    gatewayEvents: createFakeGatewayEvents(tables, refunds),
    screenings: createFakeScreenings(tables),
    orders: createFakeOrders(tables),
    deadLetters,
    stock,
    settling: tables.settling,
    entry: tables.entry,
    lettersOf: tables.lettersOf,
    has: (orderId: string) => tables.orders.has(orderId),
    /** The stock of an order slips away, whatever its status. */
    loseHold: (orderId: string) => tables.putBack(tables.entry(orderId)),
  };
}

function createFakeReservations({ place, move, hold, putBack, entry, stock }: FakeTables): ReservationStore {
  return {
    async reserveInventory({ order, owner, ttlMs }) {
      const found = place(order, owner);
      if (found.owner !== owner) return { kind: 'superseded' };
      if (holdsStock(found.status)) return { kind: 'reserved' };
      if (found.undoing !== undefined) return { kind: 'undoing', ending: found.undoing };
      if (found.status !== 'pending') return { kind: 'superseded' };
      if (hold(found)) {
        found.expiresAt = Date.now() + ttlMs;
        move(found, 'reserved');
        return { kind: 'reserved' };
      }
      const shortages = order.lines
        .map(({ sku, quantity }) => ({ sku, requested: quantity, available: stock[sku] ?? 0 }))
        .filter(({ requested, available }) => requested > available);
      return { kind: 'out_of_stock', shortages };
    },

    async releaseInventory({ orderId, owner }) {
      const found = entry(orderId);
      if (found.owner !== owner || !isBeingUndone(found.status)) return;
      if (found.held === 'active' || found.held === 'committed') putBack(found);
    },

    async restockOrder({ orderId, refundId }) {
      const found = entry(orderId);
      const refund = found.refunds.find((other) => other.refundId === refundId);
      if (found.held === 'committed' && refund?.state === 'succeeded' && refund.restock === true) putBack(found);
    },
  };
}
