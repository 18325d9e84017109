import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';

/** A failed call, classified by what the provider's contract says about its effect. */
export type GatewayTrouble =
  /** Provably nothing happened: connection refused, 429, a provider's "try later". */
  | { kind: 'not_executed'; reason: string; retryAfterMs?: number }
  /** Unknown: timeout, reset, any other server error. */
  | { kind: 'ambiguous'; reason: string };

/** The facts about a gateway call that are recorded. */
export interface GatewayCall {
  latencyMs: number;
}

/** How long after its claim a send may begin, not counting what happens in between. */
export const SEND_MARGIN_MS = 2_000;

/** Aborted when the activity is cancelled or its time is over. */
export const signal = () => Context.current().cancellationSignal;

/** Adds what is recorded about the call. */
export async function timed<T>(work: () => Promise<T>): Promise<{ result: T; call: GatewayCall }> {
  const started = performance.now();
  const result = await work();
  return { result, call: { latencyMs: Math.round(performance.now() - started) } };
}

/** Instead of a call: what would be sent now may have been settled meanwhile under another key. */
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
    // A workflow does not see `nextRetryDelay`, so the first, local try passes it in the details.
    ...(wait === undefined ? {} : { nextRetryDelay: wait, details: [{ retryAfterMs: wait }] }),
  });
}
