// Products and stock as the shop maintains them. Never the stock that orders reserve or take: that is in `orders`.

import type { Actor } from '../../../domain/actor.js';
import type { ProductLine, ProductSeed } from '../../../domain/product.js';
import { actorJson } from '../actors.js';
import { prepared, type Database } from '../pool.js';

/** The outcome of a line. `refused`: the SKU is sold in another currency. */
export type LineOutcome =
  | { kind: 'created' | 'updated' | 'unchanged'; sku: string; isShort: boolean }
  | { kind: 'refused'; sku: string; currency: string };

export interface WriteOptions {
  /** Also raise the stock of existing products to what their lines ask for; it is never lowered. */
  raiseStock: boolean;
  /** The reason recorded in the stock movements. */
  reason: string;
  /** Absent when Holdfast does it on its own. */
  actor?: Actor;
}

interface WriteRow {
  sku: string;
  kind: 'created' | 'updated' | 'unchanged' | 'refused' | 'again';
  /** The currency of the existing product. */
  currency: string | null;
  is_short: boolean;
}

const BATCH = 500;
const MOST_TRIES = 5;

// Rows are locked in SKU order, products before stock, as everywhere.
const writeLines = prepared<WriteRow>(
  'write-products',
  `with line as materialized (
     select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::boolean[], $6::bigint[])
       as l(sku, name, currency, unit_price_minor, active, on_hand)
   ), known as materialized (
     select p.sku, p.currency, p.deleted_at is not null as deleted,
            (p.name, p.unit_price_minor, p.active) = (l.name, l.unit_price_minor, coalesce(l.active, p.active)) as same
     from line l join products p on p.sku = l.sku
     order by p.sku for no key update of p
   ), inserted as (
     insert into products (sku, name, currency, unit_price_minor, active)
     select l.sku, l.name, l.currency, l.unit_price_minor, coalesce(l.active, true)
     from line l where l.sku not in (select sku from known)
     order by l.sku collate "C"
     on conflict (sku) do nothing returning sku
   ), updated as (
     update products p
     set name = l.name, currency = l.currency, unit_price_minor = l.unit_price_minor,
         active = coalesce(l.active, k.deleted or p.active), version = p.version + 1, updated_at = now(),
         created_at = case when k.deleted then now() else p.created_at end, deleted_at = null
     from known k join line l using (sku)
     where p.sku = k.sku and (k.deleted or (k.currency = l.currency and not k.same))
     returning p.sku
   ), outcome as materialized (
     select l.sku, l.on_hand, k.currency, coalesce(s.on_hand, 0) as there,
            case when i.sku is not null or k.deleted then 'created'
                 when u.sku is not null then 'updated'
                 when k.sku is null then 'again'
                 when k.currency <> l.currency then 'refused'
                 else 'unchanged' end as kind
     from line l left join known k using (sku) left join inserted i using (sku) left join updated u using (sku)
     left join stock s using (sku)
   ), wanted as (
     select sku, coalesce(on_hand, 0) as on_hand from outcome
     where kind = 'created' or (kind in ('updated', 'unchanged') and $7 and on_hand > there)
   ), held as materialized (
     select sku, on_hand from stock where sku in (select sku from wanted) order by sku for update
   ), stocked as (
     insert into stock (sku, on_hand)
     select sku, on_hand from wanted where sku not in (select sku from held) order by sku collate "C"
     on conflict (sku) do nothing returning sku, on_hand as added
   ), raised as (
     update stock s set on_hand = greatest(h.on_hand, w.on_hand) from held h join wanted w using (sku) where s.sku = h.sku
     returning s.sku, s.on_hand - h.on_hand as added
   ), filled as (
     select sku, added from stocked union all select sku, added from raised
   ), moved as (
     insert into stock_movements (sku, kind, on_hand_delta, reserved_delta, reason, actor)
     select sku, 'adjust', added, 0, $8, $9::jsonb from filled where added > 0 order by sku collate "C"
   )
   select o.sku, case when o.kind = 'unchanged' and f.added > 0 then 'updated' else o.kind end as kind, o.currency,
          f.sku is null and coalesce(o.on_hand, 0) > o.there as is_short
   from outcome o left join filled f using (sku)`,
);

export function createCatalog(database: Database) {
  const catalog = {
    /**
     * Adds or updates products, each together with its stock, all of them in one transaction. A deleted product is
     * created again. `isShort`: it has less stock than its line asks for.
     * @param lines of different SKUs
     */
    async write(lines: readonly ProductLine[], { raiseStock, reason, actor }: WriteOptions): Promise<LineOutcome[]> {
      const done: LineOutcome[] = [];
      let open = lines;
      for (let tries = 0; open.length > 0; tries += 1) {
        // Another product with this SKU was created at the same moment: now it can be read.
        if (tries === MOST_TRIES) throw new Error(`product "${open[0]?.sku}" is being written by too many at once`);
        const rows = await writeLines(database, [...columnsOf(open), raiseStock, reason, actorJson(actor)]);
        const again = new Set(rows.filter(({ kind }) => kind === 'again').map(({ sku }) => sku));
        done.push(...rows.flatMap((row) => outcomeOf(row)));
        open = open.filter(({ sku }) => again.has(sku));
      }
      return done;
    },

    /**
     * Adds or updates products, and raises their stock to what each seed asks for; never lowers it.
     * @throws Error that lists the products that are sold in another currency; the others are written
     */
    async seed(products: readonly ProductSeed[]): Promise<void> {
      const refused: string[] = [];
      for (const batch of batchesOf([...new Map(products.map((product) => [product.sku, product])).values()])) {
        const outcomes = await catalog.write(batch, { raiseStock: true, reason: 'seed' });
        refused.push(...outcomes.flatMap((one) => (one.kind === 'refused' ? [`${one.sku} (${one.currency})`] : [])));
      }
      if (refused.length > 0) throw new Error(`A product keeps its currency: ${refused.join(', ')}`);
    },

    async isEmpty(): Promise<boolean> {
      const any = await database.kysely.selectFrom('products').select('sku').limit(1).executeTakeFirst();
      return any === undefined;
    },
  };
  return catalog;
}

function columnsOf(lines: readonly ProductLine[]): unknown[] {
  return [
    lines.map(({ sku }) => sku),
    lines.map(({ name }) => name),
    lines.map(({ currency }) => currency),
    lines.map(({ unitPriceMinor }) => unitPriceMinor),
    lines.map(({ active }) => active ?? null),
    lines.map(({ onHand }) => onHand ?? null),
  ];
}

function outcomeOf({ kind, sku, currency, is_short: isShort }: WriteRow): LineOutcome[] {
  if (kind === 'again') return [];
  return [kind === 'refused' ? { kind, sku, currency: currency ?? '' } : { kind, sku, isShort }];
}

function* batchesOf<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += BATCH) yield all.slice(from, from + BATCH);
}
