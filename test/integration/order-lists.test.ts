import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { aCheckout, createShop, newOrderId, type OrderJson, type Shop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';
import { TEST_KEY } from '../support/test-key.js';

const KEY = { authorization: `Bearer ${TEST_KEY.text}` };

let stack: Stack;
let shop: Shop;
let url: string;
beforeAll(async () => {
  stack = await startStack();
  ({ url } = await stack.serve('api,worker'));
  shop = createShop(url);
});
afterAll(async () => stack?.close());

interface Listed {
  status: number;
  body: { data: OrderJson[]; next_cursor: string | null; errors?: { pointer: string; detail: string }[] };
}

async function list(query: string): Promise<Listed> {
  const response = await fetch(`${url}/v1/orders${query}`, { headers: KEY, signal: AbortSignal.timeout(20_000) });
  return { status: response.status, body: (await response.json()) as Listed['body'] };
}
const idsOf = ({ body }: Listed) => body.data.map(({ id }) => id);

test('orders are found by status, customer, time and reason, page by page, as they are shown by themselves', async () => {
  const customer = `customer-${newOrderId()}`;
  const order = async (method: string) => {
    const { body } = await shop.post(aCheckout({ customer_id: customer }, method), { Prefer: 'wait=20' });
    return body;
  };
  const paid = [await order('pm_ok'), await order('pm_ok'), await order('pm_ok')];
  const declined = await order('pm_declined');
  const [first, second, third] = paid.map(({ id }) => id);

  expect(idsOf(await list(`?customer_id=${customer}`))).toEqual([declined.id, third, second, first]);
  expect(idsOf(await list(`?customer_id=${customer}&status=failed`))).toEqual([declined.id]);
  expect(idsOf(await list(`?failure_reason=payment_declined&customer_id=${customer}`))).toEqual([declined.id]);
  expect(idsOf(await list(`?customer_id=${customer}&failure_reason=expired,out_of_stock`))).toEqual([]);

  const page = await list(`?customer_id=${customer}&status=confirmed&status=completed&limit=2`);
  expect(idsOf(page)).toEqual([third, second]);
  expect(page.body.data[0]).toEqual((await shop.get(third ?? '')).body);
  const cursor = page.body.next_cursor;
  const rest = await list(`?customer_id=${customer}&status=completed,confirmed&cursor=${cursor}`);
  expect(idsOf(rest)).toEqual([first]);
  expect(rest.body.next_cursor).toBeNull();

  const others = await list(`?customer_id=${customer}&cursor=${cursor}`);
  expect(others).toMatchObject({ status: 422, body: { errors: [{ pointer: '/cursor' }] } });

  const { created_at: since } = page.body.data[0] as OrderJson & { created_at: string };
  expect(idsOf(await list(`?customer_id=${customer}&created_after=${since}`))).toEqual([declined.id, third]);
  expect(idsOf(await list(`?customer_id=${customer}&created_before=${since}`))).toEqual([second, first]);
});

test('the statistics count the outcomes of orders, and how long they took', async () => {
  const read = async () => {
    const response = await fetch(`${url}/v1/stats`, { headers: KEY });
    return (await response.json()) as {
      total_processed: number;
      average_processing_time: number;
      status_counts: Record<string, number>;
      depths: Record<string, number>;
    };
  };
  const before = await read();
  await shop.post(aCheckout(), { Prefer: 'wait=20' });
  await shop.post(aCheckout({ items: [{ sku: 'product-C', quantity: 1 }] }), { Prefer: 'wait=20' });
  const after = await read();
  expect(after.total_processed).toBe(before.total_processed + 2);
  expect(after.status_counts).toMatchObject({
    confirmed: (before.status_counts['confirmed'] ?? 0) + 1,
    failed: (before.status_counts['failed'] ?? 0) + 1,
  });
  expect(after.average_processing_time).toBeGreaterThan(0);
  expect(after.average_processing_time).toBeLessThan(20);
  expect(after.depths).toMatchObject({ orders_in_review: 0, open_dead_letters: 0, unprocessed_gateway_events: 0 });
});

test('a worker folds the changes of the counts while orders go on', async () => {
  await shop.post(aCheckout(), { Prefer: 'wait=20' });
  const left = async () =>
    (await stack.database.pool.query<{ n: number }>('select count(*) as n from order_count_changes')).rows[0]?.n;
  const deadline = Date.now() + 25_000;
  while ((await left()) !== 0) {
    if (Date.now() > deadline) throw new Error('the changes are still there');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
});
