import { counted } from './counted-tries.js';
import { createDeadLetterActivities, type DeadLetterStore } from './dead-letters.js';
import { createGatewayEventActivities, type GatewayEventPorts } from './gateway-events.js';
import type { ReservationStore } from './inventory.js';
import { createOrderActivities, type OrderStore } from './orders.js';
import { createPaymentActivities, type PaymentPorts } from './payments.js';
import { createRefundActivities, type RefundPorts } from './refunds.js';
import { createScreeningActivities, type ScreeningPorts } from './screening.js';

/** Everything that the activities of an order need. Custom gateways and fraud checks are passed in here. */
export type OrderPorts = PaymentPorts &
  RefundPorts &
  ScreeningPorts &
  GatewayEventPorts & { reservations: ReservationStore; orders: OrderStore; deadLetters: DeadLetterStore };

export type Activities = ReturnType<typeof orderActivitiesFor>;

/** All activities of the workflows of an order. */
export function orderActivitiesFor(ports: OrderPorts) {
  return {
    ...createScreeningActivities(ports),
    ...ports.reservations,
    reserveInventory: counted(ports.reservations.reserveInventory),
    ...createPaymentActivities(ports),
    ...createRefundActivities(ports),
    ...createOrderActivities(ports),
    ...createDeadLetterActivities(ports),
    ...createGatewayEventActivities(ports),
  };
}
