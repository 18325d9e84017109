import { applyStoredEvent, type GatewayEventPorts } from '../../activities/gateway-events.js';
import type { OrderPolicy } from '../../domain/policy.js';
import { watchOver } from '../../relay/ensure-workflows.js';
import type { Rounds } from '../../relay/poll-loop.js';
import type { GatewayEventWatchStore, LookedAtEvent } from '../../relay/relay-ports.js';
import type { RelayLog } from '../../relay/relay.js';
import type { OrderMessages } from '../../temporal/order-messages.js';

export interface GatewayEventWatchOptions {
  store: GatewayEventWatchStore;
  ports: GatewayEventPorts;
  requests: Pick<OrderMessages, 'startEvent'>;
  policy: OrderPolicy;
  log: RelayLog;
}

const TRY_WITHIN_MS = 5_000;

/** Acts on stored gateway events that tell something new: once directly, and if that fails, by a workflow that retries. */
export function watchGatewayEvents({ store, log, ...options }: GatewayEventWatchOptions): Rounds {
  const known = ({ gateway, eventId }: LookedAtEvent) => ({ gateway, event_id: eventId });
  const start = (event: LookedAtEvent) => actOn(event, options);
  return watchOver({ store, start, log, what: 'message of a gateway', known });
}

/** @throws Unavailable when neither could be done */
export async function actOn(
  event: LookedAtEvent,
  { ports, requests, policy }: Pick<GatewayEventWatchOptions, 'ports' | 'requests' | 'policy'>,
): Promise<void> {
  try {
    await applyStoredEvent(ports, event, AbortSignal.timeout(TRY_WITHIN_MS));
  } catch {
    await requests.startEvent(event, policy);
  }
}
