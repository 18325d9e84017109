import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { MoneyUpdate } from '../domain/money-update.js';
import { isPaid, isSettled, type OrderStatus } from '../domain/order.js';
import type { ChargePlace, PaymentGateways } from './payments.js';

export interface StoredGatewayEvent {
  gateway: string;
  eventId: string;
  type: string;
  chargeKey: string | null;
  refundKey: string | null;
  orderId: string | null;
  isProcessed: boolean;
}

/** The stored gateway events. */
export interface GatewayEventStore {
  read(gateway: string, eventId: string): Promise<StoredGatewayEvent | undefined>;
  /** Whether the database already shows what the event says. */
  agrees(event: StoredGatewayEvent): Promise<boolean>;
  /** The status of the event's order; undefined without a row. */
  orderStatus(orderId: string): Promise<OrderStatus | undefined>;
  /** The refund that has this key, or had it before a redrive. */
  refundIdOf(refundKey: string): Promise<string | undefined>;
  /** Where the charge is whose money this refund returns. */
  placeOf(refundKey: string): Promise<ChargePlace | undefined>;
  /** A refund that had succeeded was returned: it fails, with a dead letter. @returns whether anything changed */
  refundFailedLate(refundKey: string): Promise<boolean>;
  processed(gateway: string, eventId: string, effect: string): Promise<void>;
}

/** Reaches the workflows of an order. */
export interface OrderMessenger {
  /** The refund's own workflow comes first, if it has one. @returns whether a running workflow took it */
  tell(orderId: string, news: MoneyUpdate, refundId?: string): Promise<boolean>;
  /** Starts the recovery of an order whose own run has ended, unless one is running. */
  recover(orderId: string): Promise<void>;
}

/** The workflows of requested refunds. */
export interface RefundResumer {
  /** Continues the refund, if it is a requested one. @returns whether it is */
  resume(orderId: string, refundId: string): Promise<boolean>;
}

export interface GatewayEventPorts {
  gateway: PaymentGateways;
  gatewayEvents: GatewayEventStore;
  messenger: OrderMessenger;
  refundResumer: RefundResumer;
}

export type GatewayEventActivities = ReturnType<typeof createGatewayEventActivities>;

export function createGatewayEventActivities(ports: GatewayEventPorts) {
  return {
    /** @throws ApplicationFailure to be retried */
    applyGatewayEvent: (ref: { gateway: string; eventId: string }): Promise<string> =>
      applyStoredEvent(ports, ref, Context.current().cancellationSignal),
  };
}

/**
 * Processes one stored event; repeating it has no effect.
 * @throws ApplicationFailure `OrderNotKnownYet`, `OrderBetweenRuns` or `RefundUnderWay`, to be tried again later
 */
export async function applyStoredEvent(
  ports: GatewayEventPorts,
  ref: { gateway: string; eventId: string },
  signal: AbortSignal,
): Promise<string> {
  const { gatewayEvents } = ports;
  const event = await gatewayEvents.read(ref.gateway, ref.eventId);
  if (event === undefined) throw new Error(`there is no event ${ref.eventId} of ${ref.gateway}`);
  if (event.isProcessed) return 'already processed';
  const effect = await effectOf(ports, event, signal);
  await gatewayEvents.processed(ref.gateway, ref.eventId, effect);
  return effect;
}

async function effectOf(ports: GatewayEventPorts, event: StoredGatewayEvent, signal: AbortSignal): Promise<string> {
  const { gateway, gatewayEvents, messenger, refundResumer } = ports;
  const { type, orderId, refundKey } = event;
  if (orderId === null) return 'ignored: it names no order';
  const status = await gatewayEvents.orderStatus(orderId);
  if (status === undefined) throw later('OrderNotKnownYet', 'no order of this event is known yet');
  const refundId = refundKey === null ? undefined : await gatewayEvents.refundIdOf(refundKey);
  if (await gatewayEvents.agrees(event)) return 'known before';
  if (type === 'refund.failed' && refundKey !== null) {
    const at = (await gatewayEvents.placeOf(refundKey)) ?? { gateway: event.gateway, chargeId: null };
    const { kind } = await gateway.lookupRefund(refundKey, signal, at);
    if (kind === 'processing') throw later('RefundUnderWay', 'the gateway says that this refund is under way');
    if (kind !== 'refunded') {
      if (!(await gatewayEvents.refundFailedLate(refundKey))) return 'known before';
      // The workflow that looks it up finds the answer, and then waits for a person.
      await messenger.tell(orderId, { kind: 'look' }, refundId);
      return 'refund marked failed';
    }
    const isKnown = await gatewayEvents.agrees({ ...event, type: 'refund.succeeded' });
    if (isKnown) return 'the gateway says now that it went back';
  }
  // No other workflow of a paid order sends a requested refund.
  if (isPaid(status) && refundId !== undefined && (await refundResumer.resume(orderId, refundId)))
    return 'its refund goes on';
  if (await messenger.tell(orderId, { kind: 'look' }, refundId)) return 'its workflow looks again';
  // Between two of its workflows: the next one checks the actual state, or a recovery does once the order has
  // settled.
  if (!isSettled(status)) throw later('OrderBetweenRuns', 'no workflow of this order is running now');
  await messenger.recover(orderId);
  return 'a recovery reads the truth';
}

function later(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message });
}
