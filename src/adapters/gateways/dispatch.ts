import type { GatewayTrouble } from '../../activities/gateway-calls.js';
import type { ChargePlace, PaymentGateway, PaymentGateways } from '../../activities/payments.js';

/** Passes each call on to the gateway at which its charge is. */
export function createDispatch(gateways: readonly PaymentGateway[]): PaymentGateways {
  const byName = new Map(gateways.map((gateway) => [gateway.name, gateway]));

  const known = (at: ChargePlace): PaymentGateway => {
    const gateway = byName.get(at.gateway);
    if (gateway === undefined) throw new Error(offText(at));
    return gateway;
  };

  const prepares = gateways.some(({ prepare }) => prepare !== undefined);
  return {
    timeoutMs: Math.max(...gateways.map(({ timeoutMs }) => timeoutMs)),
    settlingTimeMs: Math.max(...gateways.map(({ settlingTimeMs }) => settlingTimeMs)),
    ...(prepares ? { prepare: async (request, signal, at) => byName.get(at.gateway)?.prepare?.(request, signal) } : {}),
    charge: async (request, signal, at) => byName.get(at.gateway)?.charge(request, signal, at) ?? off(at),
    refund: async (request, signal, at) => byName.get(at.gateway)?.refund(request, signal, at) ?? off(at),
    lookup: async (key, signal, at) => known(at).lookup(key, signal, at),
    lookupRefund: async (key, signal, at) => known(at).lookupRefund(key, signal, at),
  };
}

function offText({ gateway }: ChargePlace): string {
  return `the payment gateway "${gateway}" of this order is not set up here`;
}

function off(at: ChargePlace): GatewayTrouble {
  return { kind: 'not_executed', reason: offText(at) };
}
