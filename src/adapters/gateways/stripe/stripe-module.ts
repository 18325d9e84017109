import { createBreaker, type BreakerChange, type BreakerSettings } from '../breaker.js';
import type { GatewayModule } from '../gateway-module.js';
import { openStripe, type StripeAccess } from './stripe-client.js';
import { createStripeEvents } from './stripe-events.js';
import { createStripeGateway } from './stripe-gateway.js';

export interface StripeSettings extends StripeAccess {
  /** Those that sign its events; without any, no event is accepted. */
  webhookSecrets: readonly string[];
  settlingTimeMs: number;
  breaker: BreakerSettings;
}

/** Loads Stripe's package: only a process that uses it does. */
export async function createStripeModule(settings: StripeSettings): Promise<GatewayModule> {
  const { webhookSecrets, settlingTimeMs, timeoutMs, breaker: limits } = settings;
  let listener: (change: BreakerChange) => void = () => {};
  const breaker = createBreaker(limits, (change) => listener(change));
  const stripe = await openStripe(settings);
  const { halfOpenAfterMs } = limits;
  return {
    gateway: createStripeGateway({ stripe, breaker, timeoutMs, settlingTimeMs, halfOpenAfterMs }),
    ...(webhookSecrets.length === 0
      ? {}
      : { verifyEvent: createStripeEvents({ stripe, secrets: webhookSecrets }).verify }),
    breaker: { state: breaker.state, onChange: (next) => void (listener = next) },
  };
}
