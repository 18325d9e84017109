import { createDispatch } from '../../adapters/gateways/dispatch.js';
import type { CallTracer } from '../../adapters/gateways/exchange.js';
import type { GatewayModule } from '../../adapters/gateways/gateway-module.js';
import { createSandboxModule } from '../../adapters/gateways/sandbox/module.js';
import { createStripeModule } from '../../adapters/gateways/stripe/stripe-module.js';
import type { GatewayRoute } from '../../adapters/postgres/money/charge-claim.js';
import type { PaymentGateways } from '../../activities/payments.js';
import type { Config } from '../../config.js';

/** How to build one payment gateway from the configuration. */
export interface GatewayDefinition {
  /** Its name in `GATEWAY`, in its `PaymentGateway` and in the path of its events. */
  name: string;
  /** The variables without which it cannot work. It is on when all of them are set, or when `GATEWAY` names it. */
  needs: readonly (keyof Config)[];
  /** Payment methods that begin with one of these are its own, whatever `GATEWAY` names. */
  methods?: readonly string[];
  create(config: Config, traceCall?: CallTracer): GatewayModule | Promise<GatewayModule>;
}

/** The gateways that are on. */
export interface Gateways {
  modules: readonly GatewayModule[];
  /** All of them as one. */
  gateway: PaymentGateways;
  /** Which of them makes a new charge. */
  routes: readonly GatewayRoute[];
}

const SANDBOX: GatewayDefinition = {
  name: 'sandbox',
  needs: ['SANDBOX_URL'],
  create: (config, trace) =>
    createSandboxModule({
      baseUrl: config.SANDBOX_URL ?? '',
      eventSecrets: config.SANDBOX_EVENT_SECRETS?.split(',') ?? [],
      timeoutMs: config.GATEWAY_TIMEOUT_MS,
      settlingTimeMs: config.GATEWAY_SETTLING_MS,
      breaker: { failures: config.BREAKER_FAILURES, halfOpenAfterMs: config.BREAKER_HALF_OPEN_MS },
      trace,
    }),
};

const STRIPE: GatewayDefinition = {
  name: 'stripe',
  needs: ['STRIPE_SECRET_KEY'],
  // Test cards, and what Stripe.js makes; the sandbox has no such names.
  methods: ['pm_card_', 'pm_0', 'pm_1'],
  create: (config, trace) =>
    createStripeModule({
      secretKey: config.STRIPE_SECRET_KEY ?? '',
      baseUrl: config.STRIPE_API_URL ?? 'https://api.stripe.com',
      webhookSecrets: config.STRIPE_WEBHOOK_SECRETS?.split(',') ?? [],
      timeoutMs: config.GATEWAY_TIMEOUT_MS,
      settlingTimeMs: config.GATEWAY_SETTLING_MS,
      breaker: { failures: config.BREAKER_FAILURES, halfOpenAfterMs: config.BREAKER_HALF_OPEN_MS },
      trace,
    }),
};

const BUILT_IN: readonly GatewayDefinition[] = [SANDBOX, STRIPE];

/**
 * Finds the gateway that `GATEWAY` names.
 * @param added custom gateways
 * @throws Error that lists the known gateways
 */
export function gatewayOf(config: Config, added: readonly GatewayDefinition[] = []): GatewayDefinition {
  const known = [...BUILT_IN, ...added];
  const found = known.find(({ name }) => name === config.GATEWAY);
  if (found !== undefined) return found;
  const names = known.map(({ name }) => name).join(', ');
  throw new Error(`GATEWAY is "${config.GATEWAY}", and the payment gateways are: ${names}`);
}

/**
 * Builds the gateway that `GATEWAY` names, and every other one whose settings are there.
 * @throws Error that names the variables that are not set, or a gateway that does not exist
 */
export async function createGateways(
  config: Config,
  options: { gateways?: readonly GatewayDefinition[] | undefined; traceCall?: CallTracer | undefined },
): Promise<Gateways> {
  const { gateways: added = [], traceCall } = options;
  const named = gatewayOf(config, added);
  const missing = named.needs.filter((variable) => config[variable] === undefined);
  if (missing.length > 0) {
    throw new Error(`Not set: ${missing.join(', ')}; the payment gateway "${named.name}" needs it`);
  }
  const others = [...BUILT_IN, ...added].filter((other) => other !== named && isSetUp(other, config));
  const on = [named, ...others];
  const modules = await Promise.all(on.map(async ({ create }) => create(config, traceCall)));
  return { modules, gateway: createDispatch(modules.map(({ gateway }) => gateway)), routes: routesOf(on) };
}

function isSetUp({ needs }: GatewayDefinition, config: Config): boolean {
  return needs.every((variable) => config[variable] !== undefined);
}

/** Any other payment method goes to the gateway that `GATEWAY` names, which comes first. */
function routesOf(on: readonly GatewayDefinition[]): GatewayRoute[] {
  const own = on.flatMap(({ name, methods = [] }) => methods.map((prefix) => ({ prefix, gateway: name })));
  const rest = on.slice(0, 1).map(({ name }) => ({ prefix: '', gateway: name }));
  return [...own, ...rest];
}
