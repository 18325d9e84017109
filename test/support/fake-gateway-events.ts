import type { GatewayEventStore, StoredGatewayEvent } from '../../src/activities/gateway-events.js';
import { chargeKey } from '../../src/domain/ids.js';
import type { RefundState } from '../../src/domain/payment-states.js';
import type { FakeTables } from './fake-tables.js';

/** The stored messages of a gateway in memory; `arrive` stores one. */
export function createFakeGatewayEvents(
  { orders }: FakeTables,
  refunds: {
    failLate: (refundKey: string) => boolean;
    idOf: (refundKey: string) => string | undefined;
    stateOf: (refundKey: string) => RefundState | undefined;
  },
): GatewayEventStore & { arrive(event: Partial<StoredGatewayEvent> & { eventId: string }): void; effects: string[] } {
  const events = new Map<string, StoredGatewayEvent>();
  const effects: string[] = [];

  return {
    effects,
    arrive({ eventId, ...event }) {
      const empty = { gateway: 'fake', type: 'charge.captured', chargeKey: null, refundKey: null, orderId: null };
      if (!events.has(eventId)) events.set(eventId, { ...empty, eventId, isProcessed: false, ...event });
    },
    read: async (_gateway, eventId) => events.get(eventId),
    async agrees({ type, chargeKey: key, refundKey, orderId }) {
      if (type === 'refund.failed') return refunds.stateOf(refundKey ?? '') === 'failed';
      if (type === 'refund.succeeded') return refunds.stateOf(refundKey ?? '') === 'succeeded';
      const found = orders.get(orderId ?? '');
      const attempt = found?.attempts.find((other) => chargeKey(found.order.orderId, other.attempt) === key);
      if (attempt === undefined) return false;
      if (type === 'charge.declined') return attempt.state === 'declined';
      if (type !== 'charge.captured') return false;
      const back = (found?.refunds ?? []).filter((refund) => refund.attempt === attempt.attempt);
      const backMinor = back.reduce(
        (sum, { state, amountMinor }) => sum + (state === 'succeeded' ? amountMinor : 0),
        0,
      );
      return found?.settledBy === attempt.attempt || attempt.captured?.amountMinor === backMinor;
    },
    orderStatus: async (orderId) => orders.get(orderId)?.status,
    refundIdOf: async (refundKey) => refunds.idOf(refundKey),
    placeOf: async () => undefined,
    refundFailedLate: async (refundKey) => refunds.failLate(refundKey),
    async processed(_gateway, eventId, effect) {
      const event = events.get(eventId);
      if (event === undefined || event.isProcessed) return;
      event.isProcessed = true;
      effects.push(effect);
    },
  };
}
