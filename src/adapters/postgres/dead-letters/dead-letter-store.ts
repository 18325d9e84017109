// Dead letters: opened, read, settled by evidence, resolved. Never a redrive: workflows do that.

import { sql } from 'kysely';
import type { DeadLetterStore, NewDeadLetter } from '../../../activities/dead-letters.js';
import type { DeadLetterKind } from '../../../domain/dead-letter.js';
import type { Database, Tx } from '../pool.js';

// Literals, not parameters: PostgreSQL must see that this is the condition of the unique index.
const unsettled = sql<boolean>`state in ('open', 'redriving')`;

/**
 * Opens a dead letter. If one is open already, or was being redriven and failed again, its row is updated: it is open
 * and has the newest error.
 */
export async function openDeadLetter(tx: Tx, letter: NewDeadLetter): Promise<void> {
  await tx
    .insertInto('dead_letters')
    .values({
      order_id: letter.orderId,
      kind: letter.kind,
      step: letter.step,
      error_class: letter.errorClass,
      last_error: letter.lastError,
      attempts: letter.attempts ?? 0,
      subject: letter.subject ?? '',
    })
    .onConflict((conflict) =>
      conflict
        .columns(['order_id', 'kind', 'subject'])
        .where(unsettled)
        .doUpdateSet({
          state: 'open',
          step: letter.step,
          error_class: letter.errorClass,
          last_error: letter.lastError,
          attempts: sql<number>`greatest(dead_letters.attempts, excluded.attempts)`,
          updated_at: sql<Date>`now()`,
        }),
    )
    .execute();
}

/** Resolves the order's unsettled dead letters of these kinds, or only those about `subject`. */
export async function resolveDeadLetters(
  tx: Tx,
  orderId: string,
  kinds: readonly DeadLetterKind[],
  resolution: string,
  { subject, note }: { subject?: string; note?: string } = {},
): Promise<void> {
  await tx
    .updateTable('dead_letters')
    .set({ state: 'resolved', resolution, updated_at: sql<Date>`now()`, ...(note === undefined ? {} : { note }) })
    .where('order_id', '=', orderId)
    .where('kind', 'in', [...kinds])
    .where(unsettled)
    .$if(subject !== undefined, (query) => query.where('subject', '=', subject ?? ''))
    .execute();
}

export function createDeadLetterStore(database: Database): DeadLetterStore {
  return {
    async openDeadLetter(letter) {
      await database.kysely.transaction().execute((tx) => openDeadLetter(tx, letter));
    },

    async resolveDeadLetter(orderId, kind, resolution, subject) {
      await database.kysely
        .transaction()
        .execute((tx) => resolveDeadLetters(tx, orderId, [kind], resolution, { subject }));
    },
  };
}
