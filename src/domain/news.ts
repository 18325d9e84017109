import type { Evidence } from './dead-letter.js';

/** Something a workflow that waits for the truth about money should know. */
export type News =
  /** The gateway may know more than before: look again now. */
  | { kind: 'look' }
  | { kind: 'evidence'; evidence: Evidence }
  /** Try a refused refund again. */
  | { kind: 'redrive'; deadLetterId: string };
