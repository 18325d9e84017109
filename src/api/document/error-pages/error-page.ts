import type { ProblemCode, ProblemExtra } from '../../requests/problems.js';

/** Whether sending the same request again can help. */
export type Retry = 'never' | 'changed' | 'later' | 'safe';

/** What is to be known of a problem. In the texts, `code` stands in backticks. */
export interface ErrorPage {
  /** What it means, and why it is so. */
  meaning: string;
  /** What whoever gets it should do. */
  action: string;
  retry: Retry;
  /** The members of an answer that are not the same for each. */
  example: { detail: string; instance?: string } & ProblemExtra;
}

export type ErrorPages<Code extends ProblemCode> = Record<Code, ErrorPage>;

export const RETRY: Record<Retry, string> = {
  never: 'No. The same request gets the same answer for ever.',
  changed: 'Not as it is: change it as above first.',
  later: 'Yes, the same request, later: after `Retry-After` where the answer has it, with growing pauses.',
  safe: 'Yes, with the same `order_id` or `Idempotency-Key`: nothing is done twice.',
};
