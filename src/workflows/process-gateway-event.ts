import { proxyActivities } from '@temporalio/workflow';
import type { GatewayEventActivities } from '../activities/gateway-events.js';
import type { OrderPolicy } from '../domain/policy.js';
import type { GatewayEventRef } from './contract.js';
import { eventRetries } from './retrying/activity-options.js';

/**
 * Acts on a gateway's message. A message is a hint: what happened is looked up. One whose order is not known yet is
 * tried again until it is.
 */
export async function processGatewayEvent(event: GatewayEventRef, policy: OrderPolicy): Promise<string> {
  const { applyGatewayEvent } = proxyActivities<GatewayEventActivities>(eventRetries(policy));
  return applyGatewayEvent(event);
}
