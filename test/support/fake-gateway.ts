import type {
  ChargeRequest,
  ChargeResult,
  LookupResult,
  PaymentGateway,
  RefundRequest,
} from '../../src/activities/payments.js';

type Charge = (request: ChargeRequest, call: number) => Promise<ChargeResult> | ChargeResult;

export const notExecuted: ChargeResult = { kind: 'not_executed', reason: 'the gateway says try later' };
export const ambiguous: ChargeResult = { kind: 'ambiguous', reason: 'the gateway did not answer' };

export function captured({ key, amountMinor, currency }: ChargeRequest): ChargeResult {
  return { kind: 'captured', reference: `ref-${key}`, amountMinor, currency };
}

/** A gateway with a ledger, scripted per call; `answer` decides what each charge call returns. */
export function createFakeGateway(answer: Charge = captured, look?: (call: number) => LookupResult) {
  const calls: ChargeRequest[] = [];
  const ledger = new Map<string, ChargeRequest>();
  const refunds: RefundRequest[] = [];
  let lookups = 0;

  const gateway: PaymentGateway = {
    name: 'fake',
    timeoutMs: 5_000,
    settlingTimeMs: 0,
    async charge(request) {
      calls.push(request);
      const result = await answer(request, calls.length);
      if (result.kind === 'captured') ledger.set(request.key, request);
      return result;
    },
    async lookup(key) {
      lookups += 1;
      const request = ledger.get(key);
      if (look !== undefined) return look(lookups);
      if (request === undefined) return { kind: 'not_found' };
      return {
        kind: 'captured',
        reference: `ref-${key}`,
        amountMinor: request.amountMinor,
        currency: request.currency,
      };
    },
    async refund(request) {
      if (!refunds.some(({ key }) => key === request.key)) refunds.push(request);
      return { kind: 'refunded', reference: `refund-${request.key}` };
    },
  };
  return { gateway, calls, ledger, refunds, lookups: () => lookups };
}
