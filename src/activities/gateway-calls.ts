import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';

/** Trouble on the way, classed by what the provider's contract says about its effect. */
export type GatewayTrouble =
  /** Provably nothing happened: connection refused, 429, a provider's "try later". */
  | { kind: 'not_executed'; reason: string; retryAfterMs?: number }
  /** Nobody knows: timeout, reset, any other server error. */
  | { kind: 'ambiguous'; reason: string };

/** A call to the gateway, for the record. */
export interface GatewayCall {
  latencyMs: number;
}

/** How long after it was claimed a send may begin, without what is done in between. */
export const SEND_MARGIN_MS = 2_000;

/** Aborted when the activity is cancelled, or its time is over. */
export const signal = () => Context.current().cancellationSignal;

/** With what the books note of the call. */
export async function timed<T>(work: () => Promise<T>): Promise<{ result: T; call: GatewayCall }> {
  const started = performance.now();
  const result = await work();
  return { result, call: { latencyMs: Math.round(performance.now() - started) } };
}

/** Instead of a call: what would be sent now may have been settled, under another key, meanwhile. */
export const tooLate: GatewayTrouble = {
  kind: 'not_executed',
  reason: 'the time to send had passed; nothing was sent',
};

/** What a try throws so that Temporal retries it, no sooner than the gateway asked for. */
export function gatewayFailure(trouble: GatewayTrouble): ApplicationFailure {
  const notExecuted = trouble.kind === 'not_executed';
  const wait = notExecuted ? trouble.retryAfterMs : undefined;
  return ApplicationFailure.create({
    type: notExecuted ? 'GatewayNotExecuted' : 'GatewayAmbiguous',
    message: trouble.reason,
    // A workflow is shown no `nextRetryDelay`, so the first, local try tells it by the details.
    ...(wait === undefined ? {} : { nextRetryDelay: wait, details: [{ retryAfterMs: wait }] }),
  });
}
