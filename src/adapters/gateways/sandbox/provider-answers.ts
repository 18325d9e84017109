import { z } from 'zod';
import type { GatewayTrouble } from '../../../activities/gateway-calls.js';
import type {
  Captured,
  ChargeResult,
  Declined,
  LookupResult,
  RefundLookup,
  RefundResult,
} from '../../../activities/payments.js';
import type { Verdict } from '../breaker.js';
import type { Exchange } from '../exchange.js';

type Answer = Extract<Exchange, { kind: 'answered' }>;

const money = { amount_minor: z.int().nonnegative(), currency: z.string().regex(/^[A-Z]{3}$/) };
const capturedBody = z.object({ id: z.string().min(1), status: z.literal('captured'), ...money });
const declinedBody = z.object({ status: z.literal('declined'), code: z.string().min(1) });
const processingBody = z.object({ status: z.literal('processing') });
const refundedBody = z.object({ id: z.string().min(1), status: z.literal('refunded'), ...money });
const failedRefundBody = z.object({ id: z.string().min(1), status: z.literal('failed') });
const problemBody = z.object({ code: z.string().regex(/^[a-z0-9_]{1,64}$/) });
const unknownMethodBody = z.object({ code: z.literal('unknown_method'), message: z.string().max(1_000) });

/** The provider rejected the request itself: sent again, it would be rejected again. */
const requestIsWrong = [400, 413, 415, 422];

/**
 * The outcome of a charge.
 *
 * Only the provider's own answers are definite. 402 is a decline; a rejection of the request (400, 413, 415, 422) is
 * one too, with the code `gateway_rejected_<status>`, since no retry helps and nothing was taken. 408 and 409 are
 * ambiguous: 409 means that the key already has a charge, perhaps with another body, which only a look-up shows. The
 * other 4xx come from a wrong address or a missing right: nothing was executed, and the caller's bounded retries end
 * where an operator sees them. An answer that is not the provider's is ambiguous unless its status is one of those.
 */
export function chargeResult(sent: Exchange): ChargeResult {
  if (sent.kind !== 'answered') return trouble(sent);
  const { status, body } = sent;
  if (status >= 200 && status < 300) return captured(body) ?? unreadable(sent);
  if (status === 402) return declined(body) ?? unreadable(sent);
  if (requestIsWrong.includes(status) && problemOf(body) !== undefined) {
    return { kind: 'declined', code: [`gateway_rejected_${status}`, ...knownMethods(body)].join(': ') };
  }
  return withoutOutcome(sent);
}

/**
 * The outcome of a refund. A refusal has the provider's code. 409 is a refusal here, since another refund has this key
 * and no retry changes that; only `refund_processing` means that this one is in progress. A refund that succeeded and
 * failed later is replayed as `refund_failed`.
 */
export function refundResult(sent: Exchange): RefundResult {
  if (sent.kind !== 'answered') return trouble(sent);
  const { status, body } = sent;
  if (status >= 200 && status < 300) {
    const refunded = refundedBody.safeParse(body);
    if (failedRefundBody.safeParse(body).success) return { kind: 'refused', code: 'refund_failed' };
    return refunded.success ? { kind: 'refunded', reference: refunded.data.id } : unreadable(sent);
  }
  const code = problemOf(body);
  if (
    code !== undefined &&
    code !== 'refund_processing' &&
    (status === 409 || requestIsWrong.includes(status) || code === 'charge_not_found')
  ) {
    return { kind: 'refused', code };
  }
  return withoutOutcome(sent);
}

/**
 * What the provider knows about a charge. Throws unless the answer is its own: a proxy's 404 must not mean "not
 * charged".
 */
export function lookupResult(sent: Exchange): LookupResult {
  if (sent.kind !== 'answered') throw new Error(`the payment sandbox cannot be asked: ${sent.reason}`);
  const { status, body } = sent;
  if (status === 200) {
    const known = captured(body) ?? declined(body);
    if (known !== undefined) return known;
    if (processingBody.safeParse(body).success) return { kind: 'processing' };
  }
  if (status === 404 && problemOf(body) === 'not_found') return { kind: 'not_found' };
  throw new Error(`the payment sandbox cannot be asked: it answered ${described(sent)}`);
}

/** What the provider knows about a refund. Throws unless the answer is its own. */
export function refundLookup(sent: Exchange): RefundLookup {
  if (sent.kind !== 'answered') throw new Error(`the payment sandbox cannot be asked: ${sent.reason}`);
  const { status, body } = sent;
  if (status === 200) {
    const refunded = refundedBody.safeParse(body);
    if (refunded.success) return { kind: 'refunded', reference: refunded.data.id };
    if (failedRefundBody.safeParse(body).success) return { kind: 'refused', code: 'refund_failed' };
    if (processingBody.safeParse(body).success) return { kind: 'processing' };
  }
  if (status === 404 && problemOf(body) === 'not_found') return { kind: 'not_found' };
  throw new Error(`the payment sandbox cannot be asked: it answered ${described(sent)}`);
}

/**
 * What a call tells about the provider's health. Its own decisions are healthy, including a 409 about a key. A 429 or a
 * caller that gave up tells nothing. Everything else without an outcome is a failure.
 */
export function healthOf(sent: Exchange, result: string, isGivenUp: boolean): Verdict {
  if (result !== 'not_executed' && result !== 'ambiguous') return 'healthy';
  const status = sent.kind === 'answered' ? sent.status : undefined;
  if (status === 409) return 'healthy';
  return isGivenUp || status === 429 ? 'undecided' : 'trouble';
}

/** The same for a look-up. Its result does not matter, only that the provider could give one. */
export function healthOfLookup(sent: Exchange, isGivenUp: boolean): Verdict {
  if (sent.kind === 'answered' && (sent.status === 200 || problemOf(sent.body) === 'not_found')) return 'healthy';
  return healthOf(sent, 'ambiguous', isGivenUp);
}

function captured(body: unknown): Captured | undefined {
  const { data } = capturedBody.safeParse(body);
  if (data === undefined) return undefined;
  return { kind: 'captured', reference: data.id, amountMinor: data.amount_minor, currency: data.currency };
}

function declined(body: unknown): Declined | undefined {
  const { data } = declinedBody.safeParse(body);
  return data === undefined ? undefined : { kind: 'declined', code: data.code };
}

/** Lists the names so that a developer can correct a mistyped method. */
function knownMethods(body: unknown): string[] {
  const { data } = unknownMethodBody.safeParse(body);
  return data === undefined ? [] : [data.message];
}

function problemOf(body: unknown): string | undefined {
  return problemBody.safeParse(body).data?.code;
}

function withoutOutcome(answer: Answer): GatewayTrouble {
  const { status, retryAfterMs } = answer;
  const reason = `answered ${described(answer)}`;
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status === 429 || status === 503) return { kind: 'not_executed', reason, ...wait };
  const notDone = status >= 400 && status < 500 && ![402, 408, 409].includes(status);
  return notDone ? { kind: 'not_executed', reason } : { kind: 'ambiguous', reason };
}

function unreadable(answer: Answer): GatewayTrouble {
  return { kind: 'ambiguous', reason: `answered ${answer.status} with a body that is cut short or not the provider's` };
}

function trouble({ kind, reason }: Exclude<Exchange, Answer>): GatewayTrouble {
  return { kind: kind === 'unsent' ? 'not_executed' : 'ambiguous', reason };
}

function described({ status, body }: Answer): string {
  const code = problemOf(body);
  return code === undefined ? String(status) : `${status} ${code}`;
}
