import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ProductFilter } from '../../../../src/api/catalog/products.js';
import type { CatalogueProduct } from '../../../../src/domain/product.js';
import { openDesk, type Desk } from '../desk.js';

const TIME = '2026-01-01T00:00:00.000Z';
const PEN: CatalogueProduct = {
  sku: 'pen',
  name: 'Pen',
  currency: 'EUR',
  unitPriceMinor: 4_900,
  active: true,
  onHand: 10,
  reserved: 3,
  version: 4,
  createdAt: TIME,
  updatedAt: TIME,
};
const SEEN = {
  sku: 'pen',
  name: 'Pen',
  currency: 'EUR',
  unit_price_minor: 4_900,
  active: true,
  available: 7,
  created_at: TIME,
  updated_at: TIME,
};
const NEW = { sku: 'pen', name: 'Pen', currency: 'EUR', unit_price_minor: 4_900 };

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});

describe('GET /v1/products/:sku', () => {
  it('shows everybody what is for sale, and operators the rest', async () => {
    desk.products.find = async () => PEN;
    const answer = await desk.get('/v1/products/pen');
    expect([answer.status, answer.body, answer.headers.get('etag')]).toEqual([200, SEEN, '"4"']);
    const full = await desk.get('/v1/products/pen?include=inactive');
    expect(full.body).toEqual({ ...SEEN, on_hand: 10, reserved: 3, version: 4 });
  });

  it('does not show an inactive product unless it is asked for, nor one that is not there', async () => {
    desk.products.find = async (sku) => (sku === 'pen' ? { ...PEN, active: false } : undefined);
    expect(await desk.get('/v1/products/pen')).toMatchObject({ status: 404, body: { code: 'not-found' } });
    expect(await desk.get('/v1/products/pen?include=inactive')).toMatchObject({ status: 200, body: { active: false } });
    expect(await desk.get('/v1/products/ink?include=inactive')).toMatchObject({ status: 404 });
    expect(await desk.get('/v1/products/a%20b')).toMatchObject({ status: 404 });
  });
});

describe('GET /v1/products', () => {
  let asked: ProductFilter[];
  beforeEach(() => {
    asked = [];
    desk.products.list = async (filter) => {
      asked.push(filter);
      return ['a', 'b', 'c']
        .filter((sku) => sku > (filter.afterSku ?? ''))
        .slice(0, filter.limit)
        .map((sku) => ({ ...PEN, sku }));
    };
  });

  it('pages by SKU', async () => {
    const first = await desk.get('/v1/products?limit=2');
    expect(first.body).toMatchObject({ data: [{ ...SEEN, sku: 'a' }, { sku: 'b' }] });
    const rest = await desk.get(`/v1/products?limit=2&cursor=${String(first.body['next_cursor'])}`);
    expect(rest.body).toMatchObject({ data: [{ sku: 'c' }], next_cursor: null });
    expect(asked).toEqual([
      { limit: 3, active: true },
      { limit: 3, active: true, afterSku: 'b' },
    ]);
  });

  it.each([
    ['', { active: true }],
    ['active=true', { active: true }],
    ['include=inactive', {}],
    ['include=inactive&active=true', { active: true }],
    ['include=inactive&active=false', { active: false }],
    ['currency=EUR&name_prefix=Pe', { active: true, currency: 'EUR', namePrefix: 'Pe' }],
  ])('asks for what ?%s means', async (query, filter) => {
    expect((await desk.get(`/v1/products?${query}`)).status).toBe(200);
    expect(asked).toEqual([{ limit: 51, ...filter }]);
  });

  it.each([
    ['active=false', '/active'],
    ['active=no', '/active'],
    ['include=all', '/include'],
    ['currency=euro', '/currency'],
    ['name_prefix=', '/name_prefix'],
    ['limit=0', '/limit'],
    ['limit=1&limit=2', '/limit'],
    ['include=inactive&include=inactive', '/include'],
    ['cursor=x', '/cursor'],
  ])('refuses ?%s, naming the parameter', async (query, pointer) => {
    expect(await desk.get(`/v1/products?${query}`)).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
    expect(asked).toEqual([]);
  });
});

describe('POST /v1/products', () => {
  it('answers 201 with where the product is; it starts active and with no stock', async () => {
    const given: unknown[] = [];
    desk.products.create = async (product) => {
      given.push(product);
      return { kind: 'created', product: PEN };
    };
    const answer = await desk.post('/v1/products', NEW);
    expect(answer).toMatchObject({ status: 201, body: { ...SEEN, on_hand: 10, version: 4 } });
    expect([answer.headers.get('location'), answer.headers.get('etag')]).toEqual(['/v1/products/pen', '"4"']);
    const { unit_price_minor: unitPriceMinor, ...rest } = NEW;
    const actor = { requestId: expect.any(String) };
    expect(given).toEqual([{ ...rest, unitPriceMinor, active: true, onHand: 0, actor }]);
  });

  it('refuses a SKU that is there, and says where', async () => {
    const answer = await desk.post('/v1/products', NEW);
    expect(answer).toMatchObject({ status: 409, body: { code: 'product-exists', product: '/v1/products/pen' } });
  });

  it.each([
    ['sku', ' a'],
    ['sku', undefined],
    ['name', ''],
    ['name', 'a\nb'],
    ['currency', 'eur'],
    ['unit_price_minor', 19.99],
    ['unit_price_minor', '1999'],
    ['unit_price_minor', -1],
    ['unit_price_minor', 1e12],
    ['active', 'yes'],
    ['on_hand', -1],
    ['on_hand', 1.5],
    ['colour', 'blue'],
  ])('refuses %s %j, naming the field', async (field, value) => {
    const answer = await desk.post('/v1/products', { ...NEW, [field]: value });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: `/${field}` }] } });
  });
});

describe('PATCH and DELETE /v1/products/:sku', () => {
  const send = (method: string, body?: unknown, headers: Record<string, string> = {}) =>
    desk.send(method, '/v1/products/pen', body, headers);

  it('changes what is named, and shows the product with its new ETag', async () => {
    const given: unknown[] = [];
    desk.products.change = async (...args) => {
      given.push(args);
      return { kind: 'changed', product: { ...PEN, version: 5 } };
    };
    const answer = await send('PATCH', { unit_price_minor: 5_000, active: false });
    expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"5"']);
    expect(given).toEqual([['pen', { unitPriceMinor: 5_000, active: false }, undefined]]);
  });

  it.each([
    ['*', undefined],
    ['"4"', [4]],
    ['"4", "7"', [4, 7]],
    ['W/"4"', []],
    ['"x"', []],
    ['"04"', []],
  ])('takes If-Match: %s for these versions', async (header, versions) => {
    const given: unknown[] = [];
    desk.products.change = async (_sku, _changes, expected) => {
      given.push(expected);
      return { kind: 'changed', product: PEN };
    };
    desk.products.delete = async (_sku, expected) => {
      given.push(expected);
      return { kind: 'deleted' };
    };
    await send('PATCH', { name: 'Pen' }, { 'if-match': header });
    await send('DELETE', undefined, { 'if-match': header });
    expect(given).toEqual([versions, versions]);
  });

  it.each(['4', '"4', '"4" "5"', ','])('refuses If-Match: %s', async (header) => {
    const answer = await send('PATCH', { name: 'Pen' }, { 'if-match': header });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: 'If-Match' }] } });
  });

  it('answers 412 with the version that it is at, and 404 where nothing is', async () => {
    desk.products.change = async () => ({ kind: 'stale', version: 9 });
    const answer = await send('PATCH', { name: 'Pen' }, { 'if-match': '"4"' });
    expect(answer).toMatchObject({ status: 412, body: { code: 'precondition-failed', version: 9 } });
    expect(answer.headers.get('etag')).toBe('"9"');
    desk.products.delete = async () => ({ kind: 'stale', version: 9 });
    expect(await send('DELETE', undefined, { 'if-match': '"4"' })).toMatchObject({ status: 412 });
    desk.products.change = async () => ({ kind: 'unknown' });
    desk.products.delete = async () => ({ kind: 'unknown' });
    expect([(await send('PATCH', { name: 'Pen' })).status, (await send('DELETE')).status]).toEqual([404, 404]);
  });

  it.each([
    [{}, ''],
    [{ currency: 'USD' }, '/currency'],
    [{ sku: 'other' }, '/sku'],
    [{ on_hand: 5 }, '/on_hand'],
    [{ name: null }, '/name'],
    [{ unit_price_minor: 1.5 }, '/unit_price_minor'],
    [{ price: 1 }, '/price'],
  ])('refuses the change %j, naming the field', async (body, pointer) => {
    const errors = expect.arrayContaining([expect.objectContaining({ pointer })]);
    expect(await send('PATCH', body)).toMatchObject({ status: 422, body: { code: 'validation-error', errors } });
  });

  it('deletes with 204, and says how much open orders hold when they do', async () => {
    desk.products.delete = async () => ({ kind: 'deleted' });
    expect(await send('DELETE')).toMatchObject({ status: 204, body: {} });
    desk.products.delete = async () => ({ kind: 'reserved', reserved: 2 });
    expect(await send('DELETE')).toMatchObject({ status: 409, body: { code: 'product-reserved', reserved: 2 } });
  });
});

describe('a product with a SKU that a path has to encode', () => {
  const SKUS = ['MUSIC/CD/1', 'A B', 'A+B', '50%', '%2F', '%252F', 'Größe-L', 'x~y', 'a?b#c', '../a', 'a\\b', '東京 🖋'];

  it.each(SKUS)('is found, changed, deleted and adjusted as %s', async (sku) => {
    const asked: string[] = [];
    desk.products.create = async () => ({ kind: 'created', product: { ...PEN, sku } });
    desk.products.find = async (one) => (asked.push(one), { ...PEN, sku });
    desk.products.change = async (one) => (asked.push(one), { kind: 'changed', product: { ...PEN, sku } });
    desk.products.delete = async (one) => (asked.push(one), { kind: 'deleted' });
    desk.stock.movements = async (one) => (asked.push(one), []);
    desk.stock.adjust = async (one) => {
      asked.push(one.sku);
      return { kind: 'adjusted', stock: { sku, onHand: 1, reserved: 0 } };
    };
    const created = await desk.post('/v1/products', { ...NEW, sku });
    expect([created.status, created.body['sku']]).toEqual([201, sku]);
    const path = created.headers.get('location') ?? '';
    const answers = [
      await desk.get(path),
      await desk.send('PATCH', path, { active: true }),
      await desk.ask(path, { method: 'DELETE' }),
      await desk.get(`${path}/stock-movements`),
      await desk.post(`${path}/stock-adjustments`, { delta: 1, reason: 'found' }, { 'idempotency-key': 'k' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 204, 200, 201]);
    expect(asked).toEqual(Array.from(answers, () => sku));
  });

  it('is named by its path when it exists already', async () => {
    desk.products.create = async () => ({ kind: 'exists' });
    const answer = await desk.post('/v1/products', { ...NEW, sku: 'MUSIC/CD/1' });
    expect(answer).toMatchObject({ status: 409, body: { product: '/v1/products/MUSIC%2FCD%2F1' } });
  });

  it('is the same whether its letters are composed or not', async () => {
    desk.products.find = async (sku) => ({ ...PEN, sku });
    const answer = await desk.get(`/v1/products/${encodeURIComponent('Gro\u0308\u00dfe')}`);
    expect(answer.body['sku']).toBe('Gr\u00f6\u00dfe');
  });

  it.each(['.', '..'])('is refused as %s, which no path can name', async (sku) => {
    const answer = await desk.post('/v1/products', { ...NEW, sku });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/sku' }] } });
  });
});
