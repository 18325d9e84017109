import type { BreakerChange } from '../breaker.js';
import type { GatewayModule } from '../gateway-module.js';
import { createSandboxEvents } from './events.js';
import { createSandboxGateway, type SandboxGatewaySettings } from './gateway.js';

export interface SandboxSettings extends Omit<SandboxGatewaySettings, 'onBreakerChange'> {
  /** The signing secrets of its events; without any, no event is accepted. */
  eventSecrets: readonly string[];
}

/** Throws a `TypeError` or `RangeError` for settings that cannot work. */
export function createSandboxModule({ eventSecrets, ...settings }: SandboxSettings): GatewayModule {
  let listener: (change: BreakerChange) => void = () => {};
  const gateway = createSandboxGateway({ ...settings, onBreakerChange: (change) => listener(change) });
  return {
    gateway,
    ...(eventSecrets.length === 0 ? {} : { verifyEvent: createSandboxEvents({ secrets: eventSecrets }).verify }),
    breaker: { state: gateway.breakerState, onChange: (next) => void (listener = next) },
  };
}
