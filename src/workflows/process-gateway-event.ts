import { proxyActivities } from '@temporalio/workflow';
import type { GatewayEventActivities } from '../activities/gateway-events.js';
import type { OrderPolicy } from '../domain/policy.js';
import type { GatewayEventRef } from './contract.js';
import { eventRetries } from './retrying/activity-options.js';

/**
 * Processes a gateway event. An event is a hint: what happened is looked up. If its order is not known yet, it is
 * retried until it is.
 */
export async function processGatewayEvent(event: GatewayEventRef, policy: OrderPolicy): Promise<string> {
  const { applyGatewayEvent } = proxyActivities<GatewayEventActivities>(eventRetries(policy));
  return applyGatewayEvent(event);
}
