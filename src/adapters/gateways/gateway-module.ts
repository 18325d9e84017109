// Payment gateways: one folder per provider, and their shared parts, the breaker and the HTTP exchange.
// To add one: implement `GatewayModule` in a folder here, and list it in `commands/serve/gateway-registry.ts`.
import type { PaymentGateway } from '../../activities/payments.js';
import type { VerifiedGatewayEvent } from '../../domain/gateway-event.js';
import type { BreakerChange, BreakerState } from './breaker.js';

/** A payment gateway, as seen by the rest of the program. */
export interface GatewayModule {
  gateway: PaymentGateway;
  /** Verifies one event over its raw bytes, and only then reads it. Without this method, no event is accepted. */
  verifyEvent?(headers: Headers, rawBody: Uint8Array): VerifiedGatewayEvent | Promise<VerifiedGatewayEvent>;
  /** The circuit breaker of this process, if the adapter has one. */
  breaker?: {
    state(): BreakerState;
    /** Sets the listener for changes; there is only one. */
    onChange(listener: (change: BreakerChange) => void): void;
  };
}
