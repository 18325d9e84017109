// Payment gateways: one folder per provider, and what they share, which is the breaker and the HTTP exchange.
// Nothing outside a provider's folder knows its name, except the list in `commands/serve/gateway-registry.ts`.
import type { PaymentGateway } from '../../activities/payments.js';
import type { VerifiedGatewayEvent } from '../../domain/gateway-event.js';
import type { BreakerChange, BreakerState } from './breaker.js';

/** A payment gateway as the rest of the program knows it. */
export interface GatewayModule {
  gateway: PaymentGateway;
  /** Checks one event over the bytes as they came, and only then reads it. Without it, no event is accepted. */
  verifyEvent?(headers: Headers, rawBody: Uint8Array): VerifiedGatewayEvent | Promise<VerifiedGatewayEvent>;
  /** The circuit breaker of this process, if the adapter has one. */
  breaker?: {
    state(): BreakerState;
    /** Calls the one listener on each change. */
    onChange(listener: (change: BreakerChange) => void): void;
  };
}
