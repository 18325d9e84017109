import { sql } from 'kysely';
import { trailTypesFor } from '../../../domain/event-filter.js';
import { TEST_EVENT } from '../../../domain/public-event.js';
import type { EndpointStore, EndpointChanged } from '../../../api/webhooks/webhook-endpoints.js';
import type { WebhookDelivery, WebhookEndpoint } from '../../../domain/webhook-endpoint.js';
import { deliveries } from './delivery-row.js';
import type { Database, Tx } from '../pool.js';
import { cancelOfDeleted } from './purge-deliveries.js';
import { orUnavailable } from '../or-unavailable.js';
import { utc } from '../utc.js';
import { announceDeliveries } from './relay-news.js';

interface Fields {
  url: string;
  description: string;
  eventTypes: string[];
}

const now = sql<Date>`now()`;
const UNIQUE_VIOLATION = '23505';
const CANCEL_BATCH = 1_000;
const CANCEL_BATCHES = 10;

/** The endpoints for the API. */
export function createEndpointStore(database: Database): EndpointStore & { refreshFilters(): Promise<void> } {
  const { kysely } = database;
  const inTransaction = <T>(work: (tx: Tx) => Promise<T>) => orUnavailable(kysely.transaction().execute(work));

  const book = {
    async list(limit: number, afterId = ''): Promise<WebhookEndpoint[]> {
      return orUnavailable(endpoints(kysely).where('id', '>', afterId).orderBy('id').limit(limit).execute());
    },

    find: async (id: string): Promise<WebhookEndpoint | undefined> =>
      orUnavailable(endpoints(kysely).where('id', '=', id).executeTakeFirst()),

    async create({ secret, ...fields }: Fields & { secret: string }, most: number): Promise<EndpointChanged> {
      return withUniqueUrl(
        inTransaction(async (tx) => {
          // Two concurrent requests must not both create the last one.
          await sql`select pg_advisory_xact_lock(5280018)`.execute(tx);
          const { count } = await tx
            .selectFrom('webhook_endpoints')
            .select(sql<number>`count(*)`.as('count'))
            .where('state', '<>', 'deleted')
            .executeTakeFirstOrThrow();
          if (count >= most) return { kind: 'too_many' };
          const { id } = await tx
            .insertInto('webhook_endpoints')
            .values({ ...columnsOf(fields), secret })
            .returning('id')
            .executeTakeFirstOrThrow();
          return done(tx, id);
        }),
      );
    },

    async change(id: string, change: Partial<Fields> & { state?: 'enabled' | 'disabled' }): Promise<EndpointChanged> {
      const { state, ...fields } = change;
      const reason = { disabled_reason: state === 'disabled' ? 'by request' : null };
      return withUniqueUrl(changed(id, { ...columnsOf(fields), ...(state === undefined ? {} : { state, ...reason }) }));
    },

    async remove(id: string): Promise<boolean> {
      const { numUpdatedRows } = await orUnavailable(
        kysely
          .updateTable('webhook_endpoints')
          .set({ state: 'deleted', secret: '', old_secret: null, old_secret_until: null, updated_at: now })
          .where('id', '=', id)
          .where('state', '<>', 'deleted')
          .executeTakeFirst(),
      );
      // An endpoint that was down for days has more than one statement can end in time; the purge ends the rest.
      for (let batch = 0; batch < CANCEL_BATCHES; batch += 1) {
        if ((await orUnavailable(cancelOfDeleted(database, CANCEL_BATCH))) < CANCEL_BATCH) break;
      }
      return numUpdatedRows > 0n;
    },

    async rotate(id: string, secret: string, oldForMs: number): Promise<EndpointChanged> {
      return inTransaction(async (tx) => {
        const endpoint = await tx
          .selectFrom('webhook_endpoints')
          .select(sql<boolean>`coalesce(old_secret_until > now(), false)`.as('isRotating'))
          .where('id', '=', id)
          .where('state', '<>', 'deleted')
          .forUpdate()
          .executeTakeFirst();
        if (endpoint === undefined) return { kind: 'not_found' };
        if (endpoint.isRotating) return { kind: 'rotating' };
        await tx
          .updateTable('webhook_endpoints')
          .set({
            secret,
            old_secret: sql<string>`secret`,
            old_secret_until: sql<Date>`now() + ${oldForMs}::float8 * interval '1 ms'`,
            updated_at: now,
          })
          .where('id', '=', id)
          .execute();
        return done(tx, id);
      });
    },

    dropOldSecret: (id: string): Promise<EndpointChanged> => changed(id, { old_secret: null, old_secret_until: null }),

    async test(id: string): Promise<EndpointChanged | { kind: 'sent'; delivery: WebhookDelivery }> {
      return inTransaction(async (tx) => {
        const endpoint = await endpoints(tx).where('id', '=', id).forShare().executeTakeFirst();
        if (endpoint === undefined) return { kind: 'not_found' };
        if (endpoint.state === 'disabled') return { kind: 'disabled' };
        const sent = await tx
          .insertInto('webhook_deliveries')
          .values({
            endpoint_id: id,
            message_id: sql<string>`'evt_test-' || replace(uuidv7()::text, '-', '')`,
            type: TEST_EVENT,
            order_id: null,
            seq: null,
            state: 'pending',
            next_attempt_at: now,
          })
          .returning('id')
          .executeTakeFirstOrThrow();
        await announceDeliveries(tx);
        const delivery = await deliveries(tx).where('d.id', '=', sent.id).executeTakeFirstOrThrow();
        return { kind: 'sent', delivery };
      });
    },

    /** The timeline types behind the filters may differ from one release to the next. */
    async refreshFilters(): Promise<void> {
      for (const { id, eventTypes } of await orUnavailable(endpoints(kysely).execute())) {
        const types = trailTypesFor(eventTypes);
        await orUnavailable(
          sql`update webhook_endpoints set trail_types = ${types}::text[]
              where id = ${id} and event_types = ${eventTypes}::text[] and trail_types <> ${types}::text[]`.execute(
            kysely,
          ),
        );
      }
    },
  };
  return book;

  async function changed(id: string, set: Record<string, unknown>): Promise<EndpointChanged> {
    const { numUpdatedRows } = await orUnavailable(
      kysely
        .updateTable('webhook_endpoints')
        .set({ ...set, updated_at: now })
        .where('id', '=', id)
        .where('state', '<>', 'deleted')
        .executeTakeFirst(),
    );
    return numUpdatedRows > 0n ? done(kysely, id) : { kind: 'not_found' };
  }
}

async function done(kysely: Pick<Tx, 'selectFrom'>, id: string): Promise<EndpointChanged> {
  const endpoint = await orUnavailable(endpoints(kysely).where('id', '=', id).executeTakeFirst());
  return endpoint === undefined ? { kind: 'not_found' } : { kind: 'done', endpoint };
}

async function withUniqueUrl(work: Promise<EndpointChanged>): Promise<EndpointChanged> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION) return { kind: 'url_taken' };
    throw error;
  }
}

type Columns<F extends Partial<Fields>> = Omit<F, 'eventTypes'> &
  (F extends Fields ? { event_types: string[]; trail_types: string[] } : object);

function columnsOf<F extends Partial<Fields>>({ eventTypes, ...rest }: F): Columns<F> {
  const types = eventTypes === undefined ? {} : { event_types: eventTypes, trail_types: trailTypesFor(eventTypes) };
  return { ...rest, ...types } as Columns<F>;
}

function endpoints(kysely: Pick<Tx, 'selectFrom'>) {
  return kysely
    .selectFrom('webhook_endpoints')
    .select(['id', 'url', 'description', 'event_types as eventTypes', 'disabled_reason as disabledReason'])
    .select(sql<'enabled' | 'disabled'>`state`.as('state'))
    .select([utc('created_at').as('createdAt'), utc('updated_at').as('updatedAt')])
    .select(
      sql<string | null>`case when old_secret_until > now() then ${utc('old_secret_until')} end`.as('oldSecretUntil'),
    )
    .where('state', '<>', 'deleted');
}
