import type {
  ChargeRequest,
  ChargeResult,
  LookupResult,
  PaymentGateway,
  RefundLookup,
  GatewayRefund,
  RefundResult,
} from '../../src/activities/payments.js';

type Charge = (request: ChargeRequest, call: number) => Promise<ChargeResult> | ChargeResult;

export interface GatewayScript {
  /** What each charge call answers; a capture by default. */
  charge?: Charge;
  /** What each look-up answers; by default what the ledger says. */
  lookup?: (key: string, call: number) => Promise<LookupResult> | LookupResult;
  refund?: (request: GatewayRefund, call: number) => Promise<RefundResult> | RefundResult;
  lookupRefund?: (key: string, call: number) => Promise<RefundLookup> | RefundLookup;
}

export const notExecuted: ChargeResult = { kind: 'not_executed', reason: 'the gateway says try later' };
export const ambiguous: ChargeResult = { kind: 'ambiguous', reason: 'the gateway did not answer' };
export const processing: LookupResult = { kind: 'processing' };
export const refusal: RefundResult = { kind: 'refused', code: 'account_closed' };

export function captured({ key, amountMinor, currency }: Omit<ChargeRequest, 'orderId' | 'method'>) {
  return { kind: 'captured', reference: `ref-${key}`, amountMinor, currency } as const;
}

export const refunded = ({ key }: GatewayRefund): RefundResult => ({ kind: 'refunded', reference: `refund-${key}` });

export type FakeGateway = ReturnType<typeof createFakeGateway>;

/** A gateway with a ledger, scripted per call. It dedupes by key, as every provider does. */
export function createFakeGateway(script: GatewayScript = {}) {
  const calls: ChargeRequest[] = [];
  const lookups: string[] = [];
  const refundCalls: GatewayRefund[] = [];
  const refundLookups: string[] = [];
  const ledger = new Map<string, ChargeRequest>();
  const refunds = new Map<string, GatewayRefund>();
  /** Charges and refunds that moved money, as they came. */
  const moves: string[] = [];

  const gateway: PaymentGateway = {
    name: 'fake',
    timeoutMs: 5_000,
    settlingTimeMs: 0,
    async charge(request) {
      calls.push(request);
      const result = await (script.charge ?? captured)(request, calls.length);
      if (result.kind === 'captured') take(request);
      return result;
    },
    async lookup(key) {
      lookups.push(key);
      if (script.lookup !== undefined) return script.lookup(key, lookups.length);
      const request = ledger.get(key);
      return request === undefined ? { kind: 'not_found' } : captured(request);
    },
    async refund(request) {
      refundCalls.push(request);
      const result = await (script.refund ?? refunded)(request, refundCalls.length);
      if (result.kind === 'refunded') giveBack(request);
      return result;
    },
    async lookupRefund(key) {
      refundLookups.push(key);
      if (script.lookupRefund !== undefined) return script.lookupRefund(key, refundLookups.length);
      return refunds.has(key) ? { kind: 'refunded', reference: `refund-${key}` } : { kind: 'not_found' };
    },
  };

  /** Takes the money, whatever was or will be answered. */
  function take(request: ChargeRequest): void {
    if (!ledger.has(request.key)) moves.push(`charge ${request.key}`);
    ledger.set(request.key, request);
  }

  /** Sends the money back, whatever was or will be answered. */
  function giveBack(request: GatewayRefund): void {
    if (!refunds.has(request.key)) moves.push(`refund ${request.key}`);
    refunds.set(request.key, request);
  }

  const sum = (rows: Map<string, { amountMinor: number }>) =>
    [...rows.values()].reduce((total, { amountMinor }) => total + amountMinor, 0);
  const told = { calls, lookups, refundCalls, refundLookups, ledger, refunds, moves };
  return { gateway, ...told, take, giveBack, kept: () => sum(ledger) - sum(refunds) };
}
