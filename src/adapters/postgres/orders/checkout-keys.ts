import type { CheckoutKeyStore } from '../../../api/orders/checkout-key.js';
import { prepared, type Database } from '../pool.js';
import { orUnavailable } from '../or-unavailable.js';

// The update changes nothing: it waits for a concurrent insert of the same key, and returns that row.
const claim = prepared<{ orderId: string }>(
  'claim-checkout-key',
  `insert into checkout_keys (key_hash, order_id)
   select $1, $2 where not exists (select from orders where order_id = $3)
   on conflict (key_hash) do update set key_hash = excluded.key_hash
   returning order_id as "orderId"`,
);

/** The orders of keys that were sent together with an order_id. */
export function createCheckoutKeyStore(database: Database): CheckoutKeyStore {
  return {
    /** Assigns the key to this order unless another order has it. @returns the order that has it now */
    async claim({ hash, orderId, ownOrderId }) {
      const [row] = await orUnavailable(claim(database, [hash, orderId, ownOrderId]));
      return row?.orderId ?? ownOrderId;
    },
  };
}
