import type { ProductSeed } from '../../domain/product.js';
import { prepared, type Database } from './pool.js';

const seedProduct = prepared(
  'seed-product',
  `with product as (
     insert into products (sku, name, currency, unit_price_minor) values ($1, $2, $3, $4)
     on conflict (sku) do update set name = excluded.name, currency = excluded.currency,
       unit_price_minor = excluded.unit_price_minor, updated_at = now()
     returning sku
   ), filled as (
     insert into stock (sku, on_hand) select sku, $5 from product
     on conflict (sku) do update set on_hand = greatest(stock.on_hand, excluded.on_hand)
     returning sku, new.on_hand - coalesce(old.on_hand, 0) as added
   )
   insert into stock_movements (sku, kind, on_hand_delta, reserved_delta, reason)
   select sku, 'adjust', added, 0, 'seed' from filled where added > 0`,
);

export function createCatalogue(database: Database) {
  return {
    /** Adds or updates products, and raises their stock to what each seed asks for; never lowers it. */
    async seed(products: readonly ProductSeed[]): Promise<void> {
      for (const { sku, name, currency, unitPriceMinor, onHand } of products) {
        await seedProduct(database, [sku, name, currency, unitPriceMinor, onHand]);
      }
    },

    async isEmpty(): Promise<boolean> {
      const any = await database.kysely.selectFrom('products').select('sku').limit(1).executeTakeFirst();
      return any === undefined;
    },
  };
}
