import { sql } from 'kysely';
import type { CatalogueProduct } from '../../../domain/product.js';
import type {
  NewProduct,
  ProductChanged,
  ProductChanges,
  ProductCreated,
  ProductDeleted,
  ProductFilter,
} from '../../../api/catalog/products.js';
import { actorJson, type Unattributed } from '../actors.js';
import { prepared, type Database, type Tx } from '../pool.js';
import { orUnavailable } from '../or-unavailable.js';
import { utc } from '../utc.js';

// If several requests create one SKU at once, the first inserts its row and the others find it.
const create = prepared(
  'create-product',
  `with product as (
     insert into products as p (sku, name, currency, unit_price_minor, active) values ($1, $2, $3, $4, $5)
     on conflict (sku) do update set name = excluded.name, currency = excluded.currency,
       unit_price_minor = excluded.unit_price_minor, active = excluded.active, version = p.version + 1,
       deleted_at = null, created_at = now(), updated_at = now()
     where p.deleted_at is not null
     returning sku
   ), held as materialized (
     select sku, on_hand from stock where sku in (select sku from product) for update
   ), stocked as (
     insert into stock (sku, on_hand) select sku, $6 from product where sku not in (select sku from held)
     on conflict (sku) do nothing returning sku, on_hand as added
   ), raised as (
     update stock s set on_hand = $6 from held h where s.sku = h.sku and h.on_hand < $6
     returning s.sku, s.on_hand - h.on_hand as added
   ), moved as (
     insert into stock_movements (sku, kind, on_hand_delta, reserved_delta, reason, actor)
     select sku, 'adjust', added, 0, 'created', $7::jsonb from (select * from stocked union all select * from raised) filled
     where added > 0
   )
   select sku from product`,
);

/** The products for operators. Deleted ones do not appear, except for their stock and its history. */
export function createProductStore(database: Database) {
  const { kysely } = database;
  const find = async (sku: string): Promise<CatalogueProduct | undefined> =>
    orUnavailable(products(database).where('p.sku', '=', sku).executeTakeFirst());
  const inTransaction = <T>(work: (tx: Tx) => Promise<T>) => orUnavailable(kysely.transaction().execute(work));

  return {
    find,

    /** A deleted SKU starts over, with the stock that it left behind raised to `onHand`. */
    async create({
      sku,
      name,
      currency,
      unitPriceMinor,
      active,
      onHand,
      actor,
    }: Unattributed<NewProduct>): Promise<ProductCreated> {
      const rows = await orUnavailable(
        create(database, [sku, name, currency, unitPriceMinor, active, onHand, actorJson(actor)]),
      );
      if (rows.length === 0) return { kind: 'exists' };
      const product = await find(sku);
      // Deleted again at the same moment: so it existed.
      return product === undefined ? { kind: 'exists' } : { kind: 'created', product };
    },

    /** In SKU order, those after `afterSku`. */
    async list({ limit, afterSku, active, currency, namePrefix }: ProductFilter): Promise<CatalogueProduct[]> {
      let query = products(database);
      if (afterSku !== undefined) query = query.where('p.sku', '>', afterSku);
      if (active === true) query = query.where(sql<boolean>`(p.active)`);
      if (active === false) query = query.where(sql<boolean>`(not p.active)`);
      if (currency !== undefined) query = query.where('p.currency', '=', currency);
      if (namePrefix !== undefined) query = query.where(nameBeginsWith(namePrefix));
      return orUnavailable(query.orderBy('p.sku').limit(limit).execute());
    },

    /** Changes what differs. `stale`: its version is not among the expected ones. */
    async change(sku: string, changes: ProductChanges, expected?: readonly number[]): Promise<ProductChanged> {
      return inTransaction(async (tx) => {
        const locked = await lockProduct(tx, sku);
        if (locked === undefined || locked.deleted) return { kind: 'unknown' };
        if (isStale(locked, expected)) return { kind: 'stale', version: locked.version };
        const wanted = {
          name: changes.name ?? locked.name,
          unit_price_minor: changes.unitPriceMinor ?? locked.unit_price_minor,
          active: changes.active ?? locked.active,
        };
        const isSame =
          wanted.name === locked.name &&
          wanted.unit_price_minor === locked.unit_price_minor &&
          wanted.active === locked.active;
        if (!isSame) await update(tx, sku, wanted);
        const product = await products({ kysely: tx }).where('p.sku', '=', sku).executeTakeFirstOrThrow();
        return { kind: 'changed', product };
      });
    },

    /** Deletes a product unless an open order holds stock of it; repeating it is not an error. */
    async delete(sku: string, expected?: readonly number[]): Promise<ProductDeleted> {
      return inTransaction(async (tx) => {
        const locked = await lockProduct(tx, sku);
        if (locked === undefined) return { kind: 'unknown' };
        if (locked.deleted) return { kind: 'deleted' };
        if (isStale(locked, expected)) return { kind: 'stale', version: locked.version };
        // Waits for a checkout that is reserving now; a later one waits for this.
        const stock = await tx
          .selectFrom('stock')
          .select('reserved')
          .where('sku', '=', sku)
          .forUpdate()
          .executeTakeFirst();
        if (stock !== undefined && stock.reserved > 0) return { kind: 'reserved', reserved: stock.reserved };
        await update(tx, sku, { active: false, deleted_at: sql<Date>`now()` });
        return { kind: 'deleted' };
      });
    },
  };
}

function products({ kysely }: Pick<Database, 'kysely'>) {
  return kysely
    .selectFrom('products as p')
    .innerJoin('stock as s', 's.sku', 'p.sku')
    .select(['p.sku', 'p.name', 'p.currency', 'p.unit_price_minor as unitPriceMinor', 'p.active', 'p.version'])
    .select(['s.on_hand as onHand', 's.reserved'])
    .select([utc('p.created_at').as('createdAt'), utc('p.updated_at').as('updatedAt')])
    .where('p.deleted_at', 'is', null);
}

function nameBeginsWith(prefix: string) {
  const escaped = prefix.replaceAll(/[\\%_]/g, String.raw`\$&`);
  return sql<boolean>`(p.name_folded like lower(${escaped}::text collate "pg_unicode_fast") || '%')`;
}

async function lockProduct(tx: Tx, sku: string) {
  return tx
    .selectFrom('products')
    .select(['name', 'unit_price_minor', 'active', 'version'])
    .select(sql<boolean>`deleted_at is not null`.as('deleted'))
    .where('sku', '=', sku)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

function isStale({ version }: { version: number }, expected: readonly number[] | undefined): boolean {
  return expected !== undefined && !expected.includes(version);
}

async function update(tx: Tx, sku: string, set: Record<string, unknown>): Promise<void> {
  await tx
    .updateTable('products')
    .set({ ...set, version: sql<number>`version + 1`, updated_at: sql<Date>`now()` })
    .where('sku', '=', sku)
    .execute();
}
