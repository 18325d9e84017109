import type { OrderPolicy } from '../domain/policy.js';
import type { GatewayEventRef } from './contract.js';
import { gatewayEventStep } from './steps/order-steps.js';

/**
 * Acts on a gateway's message. A message is a hint: what happened is looked up. One whose order is not known yet is
 * tried again until it is.
 */
export async function processGatewayEvent(event: GatewayEventRef, policy: OrderPolicy): Promise<string> {
  return gatewayEventStep(policy)(event);
}
