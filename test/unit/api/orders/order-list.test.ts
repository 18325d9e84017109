import { beforeEach, describe, expect, test } from '@jest/globals';
import { openDesk, type Body, type Desk } from '../desk.js';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
  for (const id of ['order-1', 'order-2', 'order-3']) desk.has(id);
});

const list = (query = '') => desk.get(`/v1/orders${query}`);
const errorsOf = async (query: string) => {
  const { status, body } = await list(query);
  expect({ status, code: body['code'] }).toEqual({ status: 422, code: 'validation-error' });
  return body['errors'] as { pointer: string; detail: string }[];
};
const cursorOf = async (query: string) => String((await list(query)).body['next_cursor']);
const idsOf = (body: Body) => (body['data'] as { id: string }[]).map(({ id }) => id);

describe('the filters of a list of orders', () => {
  test('are none unless they are given, and a page has 50', async () => {
    expect((await list()).status).toBe(200);
    expect(desk.listed).toEqual([{ filter: {}, limit: 51 }]);
  });

  test('are all handed on', async () => {
    const { status } = await list(
      '?status=failed&customer_id=customer-7&failure_reason=expired&limit=10' +
        '&created_after=2026-11-01T00:00:00Z&created_before=2026-11-02T00:00:00.5Z',
    );
    expect(status).toBe(200);
    const filter = {
      statuses: ['failed'],
      customerId: 'customer-7',
      createdAfter: '2026-11-01T00:00:00Z',
      createdBefore: '2026-11-02T00:00:00.5Z',
      failureReasons: ['expired'],
    };
    expect(desk.listed).toEqual([{ filter, limit: 11 }]);
  });

  test.each([
    '?status=failed,confirmed',
    '?status=confirmed&status=failed',
    '?status=failed,confirmed&status=failed',
    '?status=failed%2Cconfirmed',
  ])('take several statuses, in any notation: %s', async (query) => {
    await list(query);
    expect(desk.listed[0]?.filter.statuses).toEqual(['confirmed', 'failed']);
  });

  test('take several reasons', async () => {
    await list('?failure_reason=expired&failure_reason=out_of_stock');
    expect(desk.listed[0]?.filter.failureReasons).toEqual(['out_of_stock', 'expired']);
  });

  test.each([
    ['2026-11-01T01:30:00%2B01:00', '2026-11-01T00:30:00Z'],
    ['2026-10-31T23:00:00.123456-02:00', '2026-11-01T01:00:00.123456Z'],
    ['2026-11-01T00:00:00.123456789Z', '2026-11-01T00:00:00.123456Z'],
    ['2026-11-01t00:00:00z', '2026-11-01T00:00:00Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00Z'],
    ['2016-12-31t15:59:60.75-08:00', '2017-01-01T00:00:00.75Z'],
  ])('take the time %s as %s', async (given, taken) => {
    await list(`?created_after=${given}`);
    expect(desk.listed[0]?.filter.createdAfter).toBe(taken);
  });

  test.each([
    ['?status=paid', '/status', /"paid" is none of pending, in_review/],
    ['?status=', '/status', /"" is none of/],
    ['?status=failed,', '/status', /"" is none of/],
    ['?failure_reason=broke', '/failure_reason', /"broke" is none of out_of_stock/],
    ['?customer_id=', '/customer_id', /./],
    ['?customer_id=a&customer_id=b', '/customer_id', /expected string/],
    ['?customer_id=a%00b', '/customer_id', /control characters/],
    ['?created_after=yesterday', '/created_after', /RFC 3339/],
    ['?created_after=2026-11-01', '/created_after', /RFC 3339/],
    ['?created_after=2026-11-01T00:00:00', '/created_after', /RFC 3339/],
    ['?created_after=2026-11-01T00:00:00+01:00', '/created_after', /%2B/],
    ['?created_before=2026-02-30T00:00:00Z', '/created_before', /RFC 3339/],
    ['?created_before=2026-11-01T12:00:60Z', '/created_before', /second 60 only at 23:59 UTC/],
    ['?created_before=2026-11-01T23:59:61Z', '/created_before', /RFC 3339/],
    ['?created_before=0000-01-01T00:00:00Z', '/created_before', /years/],
    ['?created_before=9999-12-31T23:59:59-01:00', '/created_before', /years/],
    ['?created_after=2026-11-02T00:00:00Z&created_before=2026-11-01T00:00:00Z', '/created_before', /later/],
    ['?created_after=2026-11-01T00:00:00.0Z&created_before=2026-11-01T00:00:00Z', '/created_before', /later/],
    ['?limit=0', '/limit', /./],
    ['?limit=101', '/limit', /whole number from 1 to 100/],
    ['?limit=0x10', '/limit', /./],
    ['?limit=1e1', '/limit', /./],
    ['?stauts=failed', '/stauts', /not known/],
  ])('are refused when they cannot be meant: %s', async (query, pointer, detail) => {
    expect(await errorsOf(query)).toEqual([{ pointer, detail: expect.stringMatching(detail) }]);
    expect(desk.listed).toEqual([]);
  });
});

describe('the pages of a list of orders', () => {
  test('go on after the last order of the page before, and end without a cursor', async () => {
    const first = await list('?limit=2');
    expect(idsOf(first.body)).toEqual(['order-3', 'order-2']);
    const rest = await list(`?limit=2&cursor=${String(first.body['next_cursor'])}`);
    expect(idsOf(rest.body)).toEqual(['order-1']);
    expect(rest.body['next_cursor']).toBeNull();
    expect(desk.listed[1]?.after).toEqual({ createdAt: '2026-11-01T10:00:00.000000Z', orderId: 'order-2' });
  });

  test('show orders as they are shown by themselves', async () => {
    const { body } = await list('?limit=1');
    expect(body['data']).toEqual([(await desk.get('/v1/orders/order-3')).body]);
  });

  test('may change their size on the way', async () => {
    const cursor = await cursorOf('?status=failed&limit=1');
    expect(await list(`?status=failed&limit=2&cursor=${cursor}`)).toMatchObject({ status: 200 });
  });

  test('take the same filters in another notation', async () => {
    const cursor = await cursorOf('?status=failed,confirmed&created_after=2026-11-01T01:00:00%2B01:00&limit=1');
    const same = '?created_after=2026-11-01T00:00:00Z&status=confirmed&status=failed';
    expect(await list(`${same}&cursor=${cursor}`)).toMatchObject({ status: 200 });
  });

  test.each(['', '?status=confirmed', '?status=failed,confirmed', '?status=failed&customer_id=a'])(
    'refuse the cursor of another list: %j',
    async (other) => {
      const cursor = await cursorOf('?status=failed&limit=1');
      const [error] = await errorsOf(`${other}${other === '' ? '?' : '&'}cursor=${cursor}`);
      expect(error).toEqual({ pointer: '/cursor', detail: expect.stringContaining('other filters') });
    },
  );

  test.each([
    'nonsense',
    Buffer.from('["a"]').toString('base64url'),
    Buffer.from('["a","today","b"]').toString('base64url'),
  ])('refuse what is no cursor: %s', async (cursor) => {
    expect(await errorsOf(`?cursor=${cursor}`)).toMatchObject([{ pointer: '/cursor' }]);
  });
});

describe('the statistics', () => {
  test('have the names that the requirements give them', async () => {
    Object.assign(desk.numbers, {
      settledOrders: 3,
      averageSettlingSeconds: 0.123456,
      statusCounts: { confirmed: 3, pending: 0 },
      depths: { open_dead_letters: 2 },
    });
    expect(await desk.get('/v1/stats')).toMatchObject({
      status: 200,
      body: {
        total_processed: 3,
        average_processing_time: 0.123,
        status_counts: { confirmed: 3, pending: 0 },
        depths: { open_dead_letters: 2 },
        as_of: expect.any(String),
      },
    });
  });

  test('have an average of 0 before any order was processed', async () => {
    expect((await desk.get('/v1/stats')).body).toMatchObject({ total_processed: 0, average_processing_time: 0 });
  });
});
