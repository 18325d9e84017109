/** A message of a payment gateway about one charge or refund. It is a hint: a lookup says what happened. */
export interface GatewayEvent {
  eventId: string;
  type: string;
  chargeKey: string | null;
  refundKey: string | null;
  orderId: string | null;
}

export type VerifiedGatewayEvent =
  | { ok: true; event: GatewayEvent }
  /** `body_invalid`: the signature is valid, but the body is not an event. */
  | { ok: false; reason: string };
