import { describe, expect, test } from '@jest/globals';
import { checkout, checkoutWithout, openShop, problem, type Body } from '../shop.js';

const items = (...lines: unknown[]): Body => ({ items: lines });
const pen = (changes: Body = {}): Body => ({ sku: 'pen', quantity: 1, ...changes });
const quantity = (value: unknown): Body => items(pen({ quantity: value }));
const adjustments = (...all: unknown[]): Body => ({ adjustments: all });
const post = (changes: Body = {}): Body => ({ type: 'shipping', label: 'Post', amount_minor: 490, ...changes });
const discount = (changes: Body = {}): Body => ({ type: 'discount', label: 'Ten', amount_minor: -1_000, ...changes });
const ada = (changes: Body = {}): Body => ({
  name: 'Ada',
  line1: '12 St James Square',
  city: 'London',
  country: 'GB',
  ...changes,
});
const entries = (count: number): Body =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key-${i}`, 'value']));

const REFUSED: [why: string, changes: Body, pointer: string][] = [
  ['order_id with a slash', { order_id: 'a/b' }, '/order_id'],
  ['order_id that is empty', { order_id: '' }, '/order_id'],
  ['order_id of 65 characters', { order_id: 'a'.repeat(65) }, '/order_id'],
  ['order_id that ends in a line break', { order_id: 'a\n' }, '/order_id'],
  ['order_id that is a number', { order_id: 7 }, '/order_id'],
  ['order_id that is null', { order_id: null }, '/order_id'],
  ['customer_id that is empty', { customer_id: '' }, '/customer_id'],
  ['customer_id of 101 characters', { customer_id: 'a'.repeat(101) }, '/customer_id'],
  ['customer_id with a NUL', { customer_id: 'a\0b' }, '/customer_id'],
  ['customer_id with a line break', { customer_id: 'a\nb' }, '/customer_id'],
  ['customer_id with a lone surrogate', { customer_id: 'a\ud800b' }, '/customer_id'],
  ...[
    '',
    'ada',
    'ada@',
    '@example.com',
    'ada@example.com\r\nBcc: eve@example.com',
    'a\ud800da@example.com',
    `ada@${'a.'.repeat(125)}com`,
  ].map((value): [string, Body, string] => [
    `customer_email ${JSON.stringify(value)}`,
    { customer_email: value },
    '/customer_email',
  ]),
  ['customer_email that is null', { customer_email: null }, '/customer_email'],
  ['customer_phone that is empty', { customer_phone: '' }, '/customer_phone'],
  ['customer_phone of 41 characters', { customer_phone: '1'.repeat(41) }, '/customer_phone'],
  ['shipping_address that is a text', { shipping_address: '12 St James Square' }, '/shipping_address'],
  ['shipping_address without a city', { shipping_address: ada({ city: undefined }) }, '/shipping_address/city'],
  ['shipping_address with an unknown field', { shipping_address: ada({ street: 'x' }) }, '/shipping_address/street'],
  ['billing_address with a line break', { billing_address: ada({ line2: 'a\nb' }) }, '/billing_address/line2'],
  ...['de', 'DEU', 'ZZ', 'EU', 'QQ', ''].map((country): [string, Body, string] => [
    `country ${JSON.stringify(country)}`,
    { billing_address: ada({ country }) },
    '/billing_address/country',
  ]),
  ['currency in lower case', { currency: 'eur' }, '/currency'],
  ['currency with a fourth sign', { currency: 'XXX?' }, '/currency'],
  ['currency that no state has', { currency: 'ZZZ' }, '/currency'],
  ['currency that is a list', { currency: ['EUR'] }, '/currency'],
  ['items that are none', { items: [] }, '/items'],
  ['items that are 101', items(...Array.from({ length: 101 }, () => pen())), '/items'],
  ['items that are an object', { items: { 0: pen() } }, '/items'],
  ['item that is a text', items('pen'), '/items/0'],
  ['item that is null', items(pen(), null), '/items/1'],
  ['item without a sku', items({ quantity: 1 }), '/items/0/sku'],
  ['item without a quantity', items({ sku: 'pen' }), '/items/0/quantity'],
  ['item with an unknown field', items(pen({ price: 1 })), '/items/0/price'],
  ...['.', '..', ' pen', 'pen ', 'pe\nn', 'pe\tn', 'pe\u00a0n', 'pe\u202en', 'pe\u200bn', 'pe\ud800n', '\ue000'].map(
    (sku): [string, Body, string] => [`sku ${JSON.stringify(sku)}`, items(pen({ sku })), '/items/0/sku'],
  ),
  ['sku that is empty', items(pen({ sku: '' })), '/items/0/sku'],
  ['sku of 65 characters', items(pen({ sku: 'a'.repeat(65) })), '/items/0/sku'],
  ['quantity 0', quantity(0), '/items/0/quantity'],
  ['quantity -1', quantity(-1), '/items/0/quantity'],
  ['quantity 1.5', quantity(1.5), '/items/0/quantity'],
  ['quantity 1e9', quantity(1e9), '/items/0/quantity'],
  ['quantity "1"', quantity('1'), '/items/0/quantity'],
  ['quantity true', quantity(true), '/items/0/quantity'],
  ['quantity null', quantity(null), '/items/0/quantity'],
  ['adjustments that are an object', { adjustments: {} }, '/adjustments'],
  ['adjustments that are 51', adjustments(...Array.from({ length: 51 }, () => post())), '/adjustments'],
  ['an adjustment of an unknown type', adjustments(post({ type: 'gift' })), '/adjustments/0/type'],
  ['an adjustment without a label', adjustments({ type: 'tax', amount_minor: 1 }), '/adjustments/0/label'],
  ['an adjustment with an unknown field', adjustments(post({ rate: 19 })), '/adjustments/0/rate'],
  ['an adjustment of a fraction', adjustments(post({ amount_minor: 0.5 })), '/adjustments/0/amount_minor'],
  ['shipping below 0', adjustments(post({ amount_minor: -1 })), '/adjustments/0/amount_minor'],
  ['a discount above 0', adjustments(post(), discount({ amount_minor: 1 })), '/adjustments/1/amount_minor'],
  ['payment that is a text', { payment: 'pm_ok' }, '/payment'],
  ['payment without a method', { payment: {} }, '/payment/method'],
  ['payment with an unknown field', { payment: { method: 'pm_ok', card: '4242' } }, '/payment/card'],
  ['payment method that is empty', { payment: { method: '' } }, '/payment/method'],
  ['payment method of 201 characters', { payment: { method: 'a'.repeat(201) } }, '/payment/method'],
  ['payment method with a NUL', { payment: { method: 'pm\0ok' } }, '/payment/method'],
  ['payment method with a lone surrogate', { payment: { method: '\udfff' } }, '/payment/method'],
  ['total_minor below 0', { total_minor: -1 }, '/total_minor'],
  ['total_minor with a fraction', { total_minor: 107.9 }, '/total_minor'],
  ['total_minor as a text', { total_minor: '10790' }, '/total_minor'],
  ['total_minor above the largest amount', { total_minor: 1_000_000_000_000 }, '/total_minor'],
  ['total_minor that is null', { total_minor: null }, '/total_minor'],
  ['metadata that is a list', { metadata: ['a'] }, '/metadata'],
  ['metadata with 21 entries', { metadata: entries(21) }, '/metadata'],
  ['metadata with a number', { metadata: { a: 1 } }, '/metadata/a'],
  ['metadata with an object', { metadata: { a: { b: 'c' } } }, '/metadata/a'],
  ['metadata with a text of 501 characters', { metadata: { a: 'a'.repeat(501) } }, '/metadata/a'],
  ['metadata with a NUL in a text', { metadata: { a: '\0' } }, '/metadata/a'],
  ['metadata with a lone surrogate in a text', { metadata: { a: '\ud800' } }, '/metadata/a'],
  ['metadata with a key of 41 characters', { metadata: { ['a'.repeat(41)]: 'b' } }, `/metadata/${'a'.repeat(41)}`],
  ['metadata with a NUL in a key', { metadata: { 'a\0': 'b' } }, '/metadata/a\0'],
  ['metadata with an empty key', { metadata: { '': 'b' } }, '/metadata/'],
  ['an unknown field', { price: 1 }, '/price'],
  ['an unknown field in another case', { orderId: 'order-1' }, '/orderId'],
  ['an unknown field with the signs of a pointer', { 'a/b~c': 1 }, '/a~1b~0c'],
  ['an unknown field named as what objects inherit', { constructor: 1 }, '/constructor'],
];

describe('a checkout is refused for', () => {
  test.each(REFUSED)('%s', async (_why, changes, pointer) => {
    const shop = openShop();
    const answer = await shop.post(checkout(changes));
    expect(answer).toMatchObject(problem(422, 'validation-error'));
    expect(answer.body['errors']).toEqual([{ pointer, detail: expect.stringMatching(/\S/) }]);
    expect(shop.calls).toEqual([]);
  });

  test.each(['customer_id', 'currency', 'items', 'payment'])('a missing %s', async (field) => {
    const answer = await openShop().post(checkoutWithout(field));
    expect(answer).toMatchObject(problem(422, 'validation-error'));
    expect(answer.body['errors']).toEqual([{ pointer: `/${field}`, detail: expect.any(String) }]);
  });

  test.each([
    ['/customer_id', checkoutWithout('customer_id')],
    ['/items', checkoutWithout('items')],
    ['/payment', checkoutWithout('payment')],
    ['/items/0/quantity', checkout(items({ sku: 'pen' }))],
    ['/payment/method', checkout({ payment: {} })],
  ])('a missing %s, and says that it is required', async (pointer, body) => {
    const answer = await openShop().post(body);
    expect(answer.body['errors']).toEqual([{ pointer, detail: 'is required' }]);
  });

  // Object literals cannot have it as a key of their own; JSON can.
  test.each([
    ['/__proto__', JSON.stringify(checkout({ x: 1 })).replace('"x"', '"__proto__"')],
    ['/items/0/__proto__', JSON.stringify(checkout(items(pen({ x: {} })))).replace('"x"', '"__proto__"')],
    [
      '/payment/__proto__',
      JSON.stringify(checkout({ payment: { method: 'pm_ok', x: {} } })).replace('"x"', '"__proto__"'),
    ],
    ['/metadata/__proto__', JSON.stringify(checkout({ metadata: { x: 'a' } })).replace('"x"', '"__proto__"')],
  ])('an unknown field %s, which is never dropped in silence', async (pointer, text) => {
    const answer = await openShop().send(text);
    expect(answer).toMatchObject(problem(422, 'validation-error'));
    expect(answer.body['errors']).toEqual([{ pointer, detail: expect.any(String) }]);
  });

  test('each of its faults at once', async () => {
    const answer = await openShop().post({
      currency: 'eur',
      items: [pen({ quantity: 0 }), pen({ sku: '..' })],
      more: 1,
    });
    const errors = answer.body['errors'] as { pointer: string }[];
    const wrong = ['/currency', '/customer_id', '/items/0/quantity', '/items/1/sku', '/more', '/payment'];
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(wrong);
  });

  test.each(['[]', '"text"', '1', 'null', 'true'])('being %s instead of an object', async (text) => {
    const answer = await openShop().send(text);
    expect(answer).toMatchObject(problem(422, 'validation-error'));
    expect(answer.body['errors']).toEqual([{ pointer: '', detail: expect.any(String) }]);
  });
});

describe('a checkout is accepted with', () => {
  test.each<[string, Body]>([
    ['an order_id of 64 characters', { order_id: 'a'.repeat(64) }],
    ['a customer_id of 100 characters', { customer_id: 'a'.repeat(100) }],
    ['a customer_email', { customer_email: 'Ada.Lovelace+shop@mail.example.com' }],
    [
      'a customer_email of 254 characters',
      {
        customer_email: `${'a'.repeat(64)}@${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.dd.com`,
      },
    ],
    ['100 lines', items(...Array.from({ length: 100 }, () => pen()))],
    ['a quantity of a million', quantity(1_000_000)],
    ['a quantity written as 1.0', quantity(1.0)],
    ['a payment method of 200 characters', { payment: { method: 'a'.repeat(200) } }],
    ['no metadata', { metadata: {} }],
    ['20 entries of metadata', { metadata: entries(20) }],
    ['an entry of 500 characters under a key of 40', { metadata: { ['a'.repeat(40)]: 'b'.repeat(500) } }],
    ['an empty text in its metadata', { metadata: { a: '' } }],
    ['a key of metadata named as what objects inherit', { metadata: { constructor: 'a', toString: 'b' } }],
  ])('%s', async (_what, changes) => {
    const answer = await openShop().post(checkout(changes));
    expect(answer).toMatchObject({ status: 202 });
    expect(answer.body['customer_email']).toBe(changes['customer_email'] ?? null);
    if ('metadata' in changes) expect(answer.body['metadata']).toEqual(changes['metadata']);
  });
});

describe('an address that a customer may have', () => {
  test.each([
    'a&b@example.com',
    'user#1@example.com',
    'x=y@example.com',
    '!def!xyz%abc@example.com',
    'customer/department=shipping@example.com',
    "ends'@example.com",
    'info@xn--e1afmkfd.xn--p1ai',
    'user@example.co.xn--mgbai9azgqp6j',
    'Ada@Example.COM',
    'ada@localhost',
    '"very odd"@example.com',
    '"a@b"@example.com',
    'user@[192.0.2.1]',
    'user@[IPv6:2001:db8::1]',
    'a..b@example.com',
    'Ada <ada@example.com>',
    `${'a'.repeat(65)}@example.com`,
  ])('costs no sale, and stays as it is: %s', async (email) => {
    const answer = await openShop().post(checkout({ customer_email: email }));
    expect(answer).toMatchObject({ status: 202, body: { customer_email: email } });
  });

  test.each([
    ['info@bücher.example', 'info@xn--bcher-kva.example'],
    ['инфо@пример.рф', 'инфо@xn--e1afmkfd.xn--p1ai'],
    ['ada@BÜCHER.example', 'ada@xn--bcher-kva.example'],
    ['ada@例え。テスト', 'ada@xn--r8jz45g.xn--zckzah'],
  ])('has its domain in A-labels: %s', async (email, ascii) => {
    const shop = openShop();
    const first = await shop.post(checkout({ customer_email: email }));
    expect(first).toMatchObject({ status: 202, body: { customer_email: ascii } });
    expect(await shop.post(checkout({ customer_email: ascii }))).toMatchObject({ status: 200 });
  });

  test.each(['ada@bü cher.example', `${'a'.repeat(64)}@${'ü'.repeat(60)}.${'ü'.repeat(60)}.${'ü'.repeat(60)}`])(
    'stays as it is when its domain has no A-labels: %s',
    async (email) => {
      const answer = await openShop().post(checkout({ customer_email: email }));
      expect(answer).toMatchObject({ status: 202, body: { customer_email: email } });
    },
  );
});

describe('a checkout that the catalog does not allow is refused for', () => {
  test.each<[string, Body, Body[]]>([
    ['an unknown product', items(pen(), pen({ sku: 'unicorn' })), [{ pointer: '/items/1/sku' }]],
    ['a product of another currency', items(pen(), pen({ sku: 'brush' })), [{ pointer: '/items/1/sku' }]],
    ['a product that is not for sale', items(pen({ sku: 'quill' })), [{ pointer: '/items/0/sku' }]],
    [
      'each of its products, where the shop has put them',
      items(pen({ sku: 'quill' }), pen(), pen({ sku: 'unicorn' }), pen({ sku: 'quill' })),
      [{ pointer: '/items/0/sku' }, { pointer: '/items/2/sku' }, { pointer: '/items/3/sku' }],
    ],
    [
      'a discount of a product that is not ordered',
      adjustments(post(), discount({ sku: 'unicorn' })),
      [{ pointer: '/adjustments/1/sku' }],
    ],
    [
      'discounts of a line beyond its price',
      adjustments(discount({ sku: 'ink', amount_minor: -900 }), discount({ sku: 'ink', amount_minor: -91 })),
      [{ pointer: '/adjustments/1/amount_minor' }],
    ],
    ['adjustments that leave nothing', adjustments(discount({ amount_minor: -10_790 })), [{ pointer: '/adjustments' }]],
    [
      'adjustments that leave less than nothing',
      adjustments(discount({ amount_minor: -20_000 })),
      [{ pointer: '/adjustments' }],
    ],
    [
      'shipping beyond the largest amount',
      adjustments(post({ amount_minor: 999_999_999_999 })),
      [{ pointer: '/items' }],
    ],
    ['a total above the largest amount', items(pen({ sku: 'palace', quantity: 2 })), [{ pointer: '/items' }]],
    ['a total above what a double holds', items(pen({ sku: 'palace', quantity: 1_000_000 })), [{ pointer: '/items' }]],
  ])('%s', async (_why, changes, errors) => {
    const shop = openShop();
    const answer = await shop.post(checkout(changes));
    expect(answer).toMatchObject(problem(422, 'validation-error'));
    expect(answer.body['errors']).toEqual(errors.map((error) => ({ ...error, detail: expect.any(String) })));
    expect(shop.runs.size).toBe(0);
  });

  test('nothing when its total is exactly the largest amount', async () => {
    const answer = await openShop().post(checkout(items(pen({ sku: 'palace' }))));
    expect(answer).toMatchObject({ status: 202, body: { total_minor: 999_999_999_999 } });
  });
});
