/**
 * Each step is one transaction or one call to the gateway, and can be run again.
 * @param refusal makes the error, from a text and a type, after which a step is not run again
 */
export function createSteps(pool, sandboxUrl, refusal) {
  return {
    async reserveInventory({ orderId, customerId, currency, totalMinor, lines }) {
      await inTransaction(pool, async (tx) => {
        const { rowCount } = await tx.query(
          `insert into orders (order_id, customer_id, currency, total_minor, status)
           values ($1, $2, $3, $4, 'reserved') on conflict do nothing`,
          [orderId, customerId, currency, totalMinor],
        );
        if (rowCount === 0) return;
        for (const { sku, quantity, unitPriceMinor } of lines) {
          const taken = await tx.query(
            'update stock set reserved = reserved + $2 where sku = $1 and on_hand - reserved >= $2',
            [sku, quantity],
          );
          if (taken.rowCount === 0) throw refusal(`${sku} is out of stock`, 'OutOfStock');
          await tx.query(
            'insert into order_lines (order_id, sku, quantity, unit_price_minor) values ($1, $2, $3, $4)',
            [orderId, sku, quantity, unitPriceMinor],
          );
        }
      });
    },

    async chargePayment({ orderId, currency, totalMinor, paymentMethod }) {
      const response = await fetch(`${sandboxUrl}/v1/charges`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': `${orderId}:charge` },
        body: JSON.stringify({ order_id: orderId, amount_minor: totalMinor, currency, method: paymentMethod }),
      });
      const charge = await response.json();
      if (response.status === 402) throw refusal(charge.code, 'PaymentDeclined');
      if (!response.ok) throw new Error(`the gateway answered ${response.status}`);
      return charge.id;
    },

    async confirmOrder(orderId, reference) {
      await inTransaction(pool, async (tx) => {
        const { rows } = await tx.query(
          `update orders set status = 'confirmed', updated_at = now()
           where order_id = $1 and status = 'reserved' returning total_minor`,
          [orderId],
        );
        if (rows.length === 0) return;
        await tx.query('insert into payments (order_id, amount_minor, reference) values ($1, $2, $3)', [
          orderId,
          rows[0].total_minor,
          reference,
        ]);
        for (const { sku, quantity } of await linesOf(tx, orderId)) {
          await tx.query('update stock set on_hand = on_hand - $2, reserved = reserved - $2 where sku = $1', [
            sku,
            quantity,
          ]);
        }
      });
    },

    async releaseInventory(orderId) {
      await inTransaction(pool, async (tx) => {
        const { rowCount } = await tx.query(
          `update orders set status = 'failed', updated_at = now() where order_id = $1 and status = 'reserved'`,
          [orderId],
        );
        if (rowCount === 0) return;
        for (const { sku, quantity } of await linesOf(tx, orderId)) {
          await tx.query('update stock set reserved = reserved - $2 where sku = $1', [sku, quantity]);
        }
      });
    },
  };
}

/** In SKU order, so that two orders cannot wait for each other's stock. */
async function linesOf(tx, orderId) {
  const { rows } = await tx.query('select sku, quantity from order_lines where order_id = $1 order by sku', [orderId]);
  return rows;
}

async function inTransaction(pool, work) {
  const tx = await pool.connect();
  try {
    await tx.query('begin');
    await work(tx);
    await tx.query('commit');
  } catch (error) {
    await tx.query('rollback');
    throw error;
  } finally {
    tx.release();
  }
}
