import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createCatalogDesk } from '../support/catalog-desk.js';
import { QUICK } from '../support/crash-road.js';
import { stockTrouble } from '../support/end-state.js';
import { aCheckout, createShop, newOrderId, type Shop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';

let stack: Stack;
let shop: Shop;
let desk: ReturnType<typeof createCatalogDesk>;
beforeAll(async () => {
  stack = await startStack();
  const { url } = await stack.serve('api,worker', QUICK);
  shop = createShop(url);
  desk = createCatalogDesk(url);
});
afterAll(async () => stack?.close());

const newSku = () => `sku-${newOrderId()}`;
const buy = (sku: string, more: Record<string, unknown> = {}, method = 'pm_ok') =>
  shop.post(aCheckout({ items: [{ sku, quantity: 1 }], ...more }, method), { Prefer: 'wait=30' });
const movementsOf = async (sku: string) =>
  stack.database.kysely
    .selectFrom('stock_movements')
    .select(['kind', 'on_hand_delta', 'reason'])
    .where('sku', '=', sku)
    .orderBy('id')
    .execute();

test('a product is created with its stock, read, sold, changed and deleted', async () => {
  const sku = newSku();
  const created = await desk.create({ sku, on_hand: 3 });
  expect(created).toMatchObject({
    status: 201,
    etag: '"1"',
    body: { on_hand: 3, reserved: 0, available: 3, version: 1 },
  });
  expect(await movementsOf(sku)).toEqual([{ kind: 'adjust', on_hand_delta: 3, reason: 'created' }]);
  expect((await buy(sku)).body.status).toBe('confirmed');
  expect((await desk.read(sku)).body).toMatchObject({ sku, available: 2, active: true });

  const changed = await desk.change(sku, { name: 'Other', unit_price_minor: 300 });
  expect(changed).toMatchObject({
    status: 200,
    etag: '"2"',
    body: { name: 'Other', unit_price_minor: 300, version: 2 },
  });
  expect((await buy(sku)).body).toMatchObject({ status: 'confirmed', total_minor: 300 });

  expect((await desk.delete(sku)).status).toBe(204);
  expect((await desk.delete(sku)).status).toBe(204);
  expect([(await desk.read(sku)).status, (await desk.readFull(sku)).status]).toEqual([404, 404]);
  expect((await desk.change(sku, { name: 'Third' })).status).toBe(404);
  expect((await desk.list('include=inactive&limit=100')).body.data.map((one) => one.sku)).not.toContain(sku);
  expect(await buy(sku)).toMatchObject({ status: 422, body: { errors: [{ pointer: '/items/0/sku' }] } });
});

test('an inactive product is for operators alone, and takes no orders until it is active again', async () => {
  const sku = newSku();
  await desk.create({ sku, active: false, on_hand: 1 });
  expect([(await desk.read(sku)).status, (await desk.readFull(sku)).status]).toEqual([404, 200]);
  expect((await buy(sku)).status).toBe(422);
  await desk.change(sku, { active: true });
  expect((await desk.read(sku)).status).toBe(200);
  expect((await buy(sku)).body.status).toBe('confirmed');
});

test('a change that changes nothing leaves the version; one for another version is refused and changes nothing', async () => {
  const sku = newSku();
  const { etag } = await desk.create({ sku });
  expect(await desk.change(sku, { unit_price_minor: 250 })).toMatchObject({ status: 200, etag });
  await desk.change(sku, { unit_price_minor: 260 }, etag ?? '');
  const late = await desk.change(sku, { unit_price_minor: 999 }, etag ?? '');
  expect(late).toMatchObject({ status: 412, etag: '"2"', body: { code: 'precondition-failed' } });
  expect(await desk.delete(sku, etag ?? '')).toMatchObject({ status: 412 });
  expect((await desk.read(sku)).body.unit_price_minor).toBe(260);
  expect((await desk.delete(sku, '"2"')).status).toBe(204);
});

test('a deleted SKU can be created again, in another currency; its stock and its history stay', async () => {
  const sku = newSku();
  await desk.create({ sku, on_hand: 5 });
  await buy(sku);
  await desk.delete(sku);
  const again = await desk.create({ sku, currency: 'USD', name: 'Anew', on_hand: 2 });
  expect(again).toMatchObject({ status: 201, etag: '"3"', body: { currency: 'USD', on_hand: 4, active: true } });
  expect((await buy(sku)).status).toBe(422);
  expect((await buy(sku, { currency: 'USD' })).body.status).toBe('confirmed');
  expect((await movementsOf(sku)).map(({ kind }) => kind)).toEqual([
    'adjust',
    'reserve',
    'commit',
    'reserve',
    'commit',
  ]);
});

test('a product that an order holds stays until the order has ended; then it goes, and the order keeps its lines', async () => {
  const sku = newSku();
  await desk.create({ sku, on_hand: 5, name: 'Held' });
  const checkout = aCheckout({ items: [{ sku, quantity: 2 }] }, 'pm_processing');
  await shop.post(checkout);
  await shop.until(checkout.order_id, ['payment_unknown']);
  expect(await desk.delete(sku)).toMatchObject({ status: 409, body: { code: 'product-reserved', reserved: 2 } });
  await desk.change(sku, { name: 'Renamed', unit_price_minor: 1, active: false });
  await stack.settleAtGateway(`${checkout.order_id}:charge:1`, 'captured');
  const order = await shop.until(checkout.order_id, ['confirmed']);
  expect((await desk.delete(sku)).status).toBe(204);
  const kept = [{ sku, name: 'Held', quantity: 2, unit_price_minor: 250 }];
  expect([order.items, (await shop.get(checkout.order_id)).body.items]).toEqual([kept, kept]);
});

test('the lists go by SKU, page through everything once, and filter', async () => {
  const tag = newOrderId().slice(0, 10);
  const skus = ['C', 'a', 'B', 'd', '_'].map((letter) => `${tag}-${letter}`);
  for (const sku of skus)
    await desk.create({ sku, name: `ÄPFEL_${tag} ${sku}`, currency: 'SEK', active: !sku.endsWith('d') });
  const seen: string[] = [];
  let cursor = '';
  do {
    const { body } = await desk.list(`limit=2&currency=SEK&include=inactive${cursor}`);
    seen.push(...body.data.map(({ sku }) => sku));
    cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
  } while (cursor !== '');
  expect(seen).toEqual([...skus].sort());

  const listed = async (query: string) => (await desk.list(query)).body.data.map(({ sku }) => sku);
  const prefix = `name_prefix=${encodeURIComponent(`äpfel_${tag}`)}`;
  expect(await listed(prefix)).toEqual([...skus].sort().filter((sku) => !sku.endsWith('d')));
  expect(await listed(`${prefix}&include=inactive&active=false`)).toEqual([`${tag}-d`]);
  expect(await listed(`name_prefix=${encodeURIComponent('äpfel%')}`)).toEqual([]);
});

test('of twenty that create one SKU at once, one does', async () => {
  for (let round = 0; round < 5; round += 1) {
    const sku = newSku();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => desk.create({ sku, unit_price_minor: i, on_hand: i + 1 })),
    );
    const created = answers.filter(({ status }) => status === 201);
    expect([created.length, answers.filter(({ body }) => body.code === 'product-exists').length]).toEqual([1, 19]);
    expect((await desk.readFull(sku)).body).toEqual(created[0]?.body);
    expect(await movementsOf(sku)).toHaveLength(1);
  }
});

test('of twenty concurrent changes to the same version, one succeeds', async () => {
  const sku = newSku();
  const { etag } = await desk.create({ sku });
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => desk.change(sku, { unit_price_minor: 1_000 + i }, etag ?? '')),
  );
  const made = answers.filter(({ status }) => status === 200);
  expect([made.length, answers.filter(({ status }) => status === 412).length]).toEqual([1, 19]);
  expect((await desk.readFull(sku)).body).toEqual(made[0]?.body);
});

test('a price that changes among checkouts with a total: each is charged what its shop showed, or refused with the new price', async () => {
  const sku = newSku();
  await desk.create({ sku, unit_price_minor: 1_000, on_hand: 100 });
  const totals = [1_000, 2_000];
  const checkouts = Array.from({ length: 30 }, (_, i) => ({ total_minor: totals[i % 2] ?? 0 }));
  const [answers] = await Promise.all([
    Promise.all(checkouts.map((more) => buy(sku, more))),
    desk.change(sku, { unit_price_minor: 2_000 }),
  ]);
  for (const [i, { status, body }] of answers.entries()) {
    if (status === 409) expect(body).toMatchObject({ code: 'price-changed', total_minor: totals[(i + 1) % 2] });
    else expect(body).toMatchObject({ status: 'confirmed', total_minor: totals[i % 2] });
  }
  expect(await buy(sku, { total_minor: 1_000 })).toMatchObject({ status: 409, body: { code: 'price-changed' } });
  expect((await buy(sku, { total_minor: 2_000 })).body.status).toBe('confirmed');
});

test('a product that is deleted among checkouts: none is accepted afterwards, and none that was accepted suffers', async () => {
  const outcomes = new Set<number>();
  for (let round = 0; round < 12; round += 1) {
    const sku = newSku();
    await desk.create({ sku, on_hand: 50 });
    const [answers, deletions] = await Promise.all([
      Promise.all(Array.from({ length: 8 }, () => buy(sku, {}, 'pm_slow_30'))),
      Promise.all(
        [0, 4, 8].map(async (ms) => {
          await new Promise((resolve) => setTimeout(resolve, ms * round));
          return desk.delete(sku);
        }),
      ),
    ]);
    for (const { status } of deletions) outcomes.add(status);
    expect(new Set(answers.map(({ status, body }) => (status === 422 ? 'refused' : body.status)))).toEqual(
      new Set(answers.map(({ status }) => (status === 422 ? 'refused' : 'confirmed'))),
    );
    expect((await desk.delete(sku)).status).toBe(204);
    expect((await buy(sku)).status).toBe(422);
    const confirmed = answers.filter(({ body }) => body.status === 'confirmed').length;
    const { kysely } = stack.database;
    const stock = kysely.selectFrom('stock').select(['on_hand', 'reserved']).where('sku', '=', sku);
    expect(await stock.executeTakeFirstOrThrow()).toEqual({ on_hand: 50 - confirmed, reserved: 0 });
  }
  expect([...outcomes].filter((status) => status !== 204 && status !== 409)).toEqual([]);
  expect(await stockTrouble(stack)).toEqual([]);
});

test.each(['MUSIC/CD/1', 'A B', '50%', 'Größe:L 🖋', '../a'])(
  '%s is sold, adjusted and listed like any other SKU',
  async (name) => {
    const sku = `${name}-${newOrderId()}`;
    const path = encodeURIComponent(sku);
    expect((await desk.create({ sku, on_hand: 2 })).status).toBe(201);
    expect((await desk.create({ sku })).status).toBe(409);
    const sold = await buy(sku);
    expect(sold.body).toMatchObject({ status: 'confirmed', items: [{ sku }] });
    expect((await desk.read(path)).body).toMatchObject({ sku, available: 1 });
    expect((await desk.change(path, { name: 'Other' })).body).toMatchObject({ sku, name: 'Other' });
    const listed = await desk.list(`name_prefix=Other&limit=1`);
    expect(listed.status).toBe(200);
    expect((await desk.delete(path)).status).toBe(204);
    expect((await movementsOf(sku)).map(({ kind }) => kind)).toEqual(['adjust', 'reserve', 'commit']);
  },
);
