/** What is sent to a gateway to take money once. `key` is the idempotency key: the same key is the same charge. */
export interface ChargeRequest {
  key: string;
  orderId: string;
  amountMinor: number;
  currency: string;
  method: string;
}

export interface RefundRequest {
  key: string;
  /** The idempotency key of the charge whose money goes back. */
  chargeKey: string;
  orderId: string;
  amountMinor: number;
  currency: string;
}

export type Captured = { kind: 'captured'; reference: string; amountMinor: number; currency: string };
export type Declined = { kind: 'declined'; code: string };

/** Trouble on the way, classed by what the provider's contract says about its effect. */
export type GatewayTrouble =
  /** Provably nothing happened: connection refused, 429, a provider's "try later". */
  | { kind: 'not_executed'; reason: string; retryAfterMs?: number }
  /** Nobody knows: timeout, reset, any other server error. */
  | { kind: 'ambiguous'; reason: string };

export type ChargeResult = Captured | Declined | GatewayTrouble;
export type LookupResult = Captured | Declined | { kind: 'processing' } | { kind: 'not_found' };
export type RefundResult = { kind: 'refunded'; reference: string } | { kind: 'refused'; code: string } | GatewayTrouble;

/** A payment provider. Adapters class every answer and every network error; they throw only on their own bugs. */
export interface PaymentGateway {
  readonly name: string;
  /** How long after a send its charge may still appear; a `not_found` before that proves nothing. */
  readonly settlingTimeMs: number;
  charge(request: ChargeRequest, signal: AbortSignal): Promise<ChargeResult>;
  /** Asks what became of the charge with this key. Throws when the provider cannot be asked. */
  lookup(key: string, signal: AbortSignal): Promise<LookupResult>;
  refund(request: RefundRequest, signal: AbortSignal): Promise<RefundResult>;
}
