import type { DeadLetterKind } from '../domain/dead-letter.js';

export interface NewDeadLetter {
  orderId: string;
  kind: DeadLetterKind;
  step: string;
  errorClass: string;
  lastError: string;
  attempts?: number;
  subject?: string;
}

/** Work that needs a person. Opening a dead letter that is already open changes only its last error. */
export interface DeadLetterStore {
  openDeadLetter(letter: NewDeadLetter): Promise<void>;
  /** Resolves what is open of this kind about this subject. */
  resolveDeadLetter(orderId: string, kind: DeadLetterKind, resolution: string, subject: string): Promise<void>;
}

export type DeadLetterActivities = ReturnType<typeof createDeadLetterActivities>;

export function createDeadLetterActivities({ deadLetters }: { deadLetters: DeadLetterStore }) {
  return {
    openDeadLetter: (letter: NewDeadLetter): Promise<void> => deadLetters.openDeadLetter(letter),

    resolveDeadLetter: (input: {
      orderId: string;
      kind: DeadLetterKind;
      resolution: string;
      subject?: string;
    }): Promise<void> =>
      deadLetters.resolveDeadLetter(input.orderId, input.kind, input.resolution, input.subject ?? ''),
  };
}
