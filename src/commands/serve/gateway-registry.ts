import type { CallTracer } from '../../adapters/gateways/exchange.js';
import type { GatewayModule } from '../../adapters/gateways/gateway-module.js';
import { createSandboxModule } from '../../adapters/gateways/sandbox/module.js';
import type { Config } from '../../config.js';

/** How to build one payment gateway from the configuration. */
export interface GatewayDefinition {
  /** Its name in `GATEWAY`, in its `PaymentGateway` and in the path of its events. */
  name: string;
  /** The variables without which it cannot work. */
  needs: readonly (keyof Config)[];
  create(config: Config, traceCall?: CallTracer): GatewayModule;
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

const BUILT_IN: readonly GatewayDefinition[] = [SANDBOX];

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
 * Builds the gateway that `GATEWAY` names.
 * @throws Error that names the variables that are not set, or a gateway that does not exist
 */
export function createGateway(
  config: Config,
  { gateways, traceCall }: { gateways?: readonly GatewayDefinition[] | undefined; traceCall?: CallTracer | undefined },
): GatewayModule {
  const { name, needs, create } = gatewayOf(config, gateways);
  const missing = needs.filter((variable) => config[variable] === undefined);
  if (missing.length > 0) throw new Error(`Not set: ${missing.join(', ')}; the payment gateway "${name}" needs it`);
  return create(config, traceCall);
}
