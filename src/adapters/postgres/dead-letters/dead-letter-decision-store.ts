import { sql } from 'kysely';
import type { DeadLetterFilter, Discarded } from '../../../api/dead-letters/dead-letter-ports.js';
import type { DeadLetter, Said } from '../../../domain/dead-letter.js';
import type { Actor } from '../../../domain/actor.js';
import { unsettledBy } from './dead-letter-settled.js';
import { keepEvidence } from './evidence.js';
import { actorJson } from '../actors.js';
import { lockOrder } from '../order-lock.js';
import type { Database } from '../pool.js';
import { orUnavailable } from '../or-unavailable.js';
import { utcExact } from '../utc.js';

/** Reads and discards dead letters. */
export function createDeadLetterDecisionStore(database: Database) {
  const find = async (id: string): Promise<DeadLetter | undefined> =>
    orUnavailable(letters(database).where('id', '=', id).executeTakeFirst());

  return {
    find,

    async list({ state, kind, orderId, limit, after }: DeadLetterFilter): Promise<DeadLetter[]> {
      return orUnavailable(
        letters(database)
          .where('state', '=', state)
          .$if(kind !== undefined, (query) => query.where(sql<boolean>`kind = ${kind}`))
          .$if(orderId !== undefined, (query) => query.where('order_id', '=', orderId ?? ''))
          .$if(after !== undefined, (query) =>
            query.where(sql<boolean>`(created_at, id) > (${after?.createdAt}::timestamptz, ${after?.id})`),
          )
          .orderBy('created_at')
          .orderBy('id')
          .limit(limit)
          .execute(),
      );
    },

    giveEvidence: (id: string, said: Said, actor?: Actor) => keepEvidence(database, id, said, actor),

    async noteRedrive(id: string, actor: Actor): Promise<void> {
      const letter = database.kysely.updateTable('dead_letters').where('id', '=', id);
      await orUnavailable(letter.set({ redriven_by: actorJson(actor) }).execute());
    },

    /** open → discarded, with the order locked, so that nothing can become unsettled meanwhile. */
    async discard(id: string, note: string, actor?: Actor): Promise<Discarded> {
      const known = await find(id);
      if (known === undefined) return { kind: 'not_found' };
      return orUnavailable(
        database.kysely.transaction().execute(async (tx) => {
          const order = await lockOrder(tx, known.orderId);
          const { state } = await tx
            .selectFrom('dead_letters')
            .select('state')
            .where('id', '=', id)
            .forUpdate()
            .executeTakeFirstOrThrow();
          if (state !== 'open') return { kind: 'not_open', state };
          const detail = await unsettledBy(tx, known, order?.status);
          if (detail !== undefined) return { kind: 'unsettled', detail };
          await tx
            .updateTable('dead_letters')
            .set({ state: 'discarded', resolution: 'discarded', note, discarded_by: actorJson(actor) })
            .set({ updated_at: sql<Date>`now()` })
            .where('id', '=', id)
            .execute();
          return {
            kind: 'discarded',
            letter: await letters({ kysely: tx }).where('id', '=', id).executeTakeFirstOrThrow(),
          };
        }),
      );
    },
  };
}

function letters({ kysely }: Pick<Database, 'kysely'>) {
  return kysely
    .selectFrom('dead_letters')
    .select(['id', 'order_id as orderId', 'kind', 'step', 'error_class as errorClass', 'attempts', 'subject'])
    .select(['last_error as lastError', 'state', 'resolution', 'note'])
    .select(['redriven_by as redrivenBy', 'evidence_by as evidenceBy', 'discarded_by as discardedBy'])
    .select([utcExact('created_at').as('createdAt'), utcExact('updated_at').as('updatedAt')]);
}
