import type { ProblemCode, ProblemExtra } from '../../requests/problems.js';

/** Whether sending the same request again can help. */
export type Retry = 'never' | 'changed' | 'later' | 'safe';

/** The documentation of a problem. In the texts, code is in backticks. */
export interface ErrorPage {
  /** What it means, and why it happens. */
  meaning: string;
  /** What the client should do. */
  action: string;
  retry: Retry;
  /** The members of an answer that vary. */
  example: { detail: string; instance?: string } & ProblemExtra;
}

export type ErrorPages<Code extends ProblemCode> = Record<Code, ErrorPage>;

export const RETRY: Record<Retry, string> = {
  never: 'No. The same request will always get the same answer.',
  changed: 'Only after you have changed it as described above.',
  later: 'Yes, later: after `Retry-After` if the answer has it, with growing pauses.',
  safe: 'Yes, with the same `order_id` or `Idempotency-Key`: nothing is done twice.',
};
