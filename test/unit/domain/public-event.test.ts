import { describe, expect, test } from '@jest/globals';
import { schemaOf } from '../../../src/api/webhooks/event-schema.js';
import { EVENT_FILTERS, matchesFilter, trailTypesFor } from '../../../src/domain/event-filter.js';
import {
  messageOf,
  PUBLIC_EVENT_TYPES,
  PUBLIC_EVENTS,
  publicEventId,
  publicEventsOf,
  type RecordedEvent,
} from '../../../src/domain/public-event.js';
import { STATUS_AFTER, statusAfter } from '../../../src/domain/order-event.js';

const FAILURES = ['out_of_stock', 'fraud_rejected', 'payment_declined', 'payment_unavailable', 'expired'];
const TO_RESERVED = ['order.created', 'inventory.reserved'];

const source = (type: string, changes: Partial<RecordedEvent> = {}): RecordedEvent => ({
  orderId: 'order_1',
  customerId: 'customer-7',
  currency: 'EUR',
  totalMinor: 3_998,
  adjustments: null,
  seq: (changes.before?.length ?? 0) + 1,
  type,
  data: {},
  createdAt: '2026-01-01T00:00:00.000Z',
  before: [],
  ...changes,
});
const failed = (reason: string, before: string[] = TO_RESERVED) =>
  source('order.failed', { data: { step: 'charge', reason, detail: 'because' }, before });
const typesOf = (of: RecordedEvent) => publicEventsOf(of).map(({ type }) => type);

describe('one event of a timeline causes', () => {
  test.each([
    ['order.created', source('order.created'), ['order.created']],
    ['a confirmation', source('order.confirmed', { before: TO_RESERVED }), ['payment.succeeded', 'order.confirmed']],
    ['no stock', failed('out_of_stock', ['order.created']), ['inventory.unavailable', 'order.failed']],
    ['a turned down order', failed('fraud_rejected', ['order.created']), ['order.rejected', 'order.failed']],
    ['a decline', failed('payment_declined'), ['payment.failed', 'inventory.released', 'order.failed']],
    ['a review that no one made', failed('expired', ['order.created']), ['order.failed']],
    ['a cancel', source('order.cancelled', { before: TO_RESERVED }), ['inventory.released', 'order.cancelled']],
    [
      'a cancel before anything was held',
      source('order.cancelled', { before: ['order.created'] }),
      ['order.cancelled'],
    ],
    ['a refund', source('refund.succeeded'), ['refund.succeeded']],
    ['what is our own business', source('order.compensating'), []],
    ['what no one knows', source('toString'), []],
  ])('%s', (_, from, types) => {
    expect(typesOf(from)).toEqual(types);
  });

  test('what the total has beside the items, if there is anything', () => {
    const adjustments = [{ type: 'discount' as const, label: 'For Ada', amountMinor: -500, sku: 'a' }];
    const [event] = publicEventsOf(source('order.created', { adjustments }));
    expect(event?.data).toMatchObject({ total_minor: 3_998, adjustments: [{ type: 'discount', amount_minor: -500 }] });
    expect(publicEventsOf(source('order.created'))[0]?.data).not.toHaveProperty('adjustments');
  });

  test('that stock is free only if this run of the order had it', () => {
    const before = [...TO_RESERVED, 'order.compensating', 'order.failed', 'order.redriven'];
    expect(typesOf(failed('out_of_stock', before))).toEqual(['inventory.unavailable', 'order.failed']);
    expect(typesOf(failed('payment_declined', [...before, 'inventory.reserved']))).toContain('inventory.released');
  });
});

describe('a message', () => {
  test('is the same whenever it is made, and says how the order stood then', () => {
    const from = source('refund.succeeded', {
      before: [...TO_RESERVED, 'order.confirmed', 'order.completed'],
      data: { refund_id: 'rf_1', amount_minor: 500, currency: 'EUR' },
    });
    const [event] = publicEventsOf(from);
    expect(event).toEqual({
      id: 'evt_order_1_5',
      type: 'refund.succeeded',
      timestamp: '2026-01-01T00:00:00.000Z',
      data: {
        schema_version: 1,
        order_id: 'order_1',
        seq: 5,
        status: 'completed',
        customer_id: 'customer-7',
        currency: 'EUR',
        total_minor: 3_998,
        refund_id: 'rf_1',
        amount_minor: 500,
      },
    });
    const ref = { messageId: event?.id ?? '', type: 'refund.succeeded', createdAt: 'now', source: from };
    expect(messageOf(ref)).toEqual({ type: event?.type, timestamp: event?.timestamp, data: event?.data });
    expect(() => messageOf({ ...ref, messageId: 'evt_order_1_6' })).toThrow('order_1 has no event evt_order_1_6');
  });

  test('stays below 20 kB no matter how large an order is', () => {
    const data = { step: 'reserve', reason: 'out_of_stock', detail: 'x'.repeat(100_000) };
    const from = source('order.failed', { data, customerId: 'ü'.repeat(100), orderId: 'o'.repeat(64) });
    for (const event of publicEventsOf(from)) {
      expect(new TextEncoder().encode(JSON.stringify(event)).length).toBeLessThan(20_000);
    }
  });

  test('has an id that no other event of any order has', () => {
    const orders = ['a', 'a_1', 'a_1_2', 'a_1_payment-succeeded', 'a_1_2_payment-succeeded'];
    const ids = orders.flatMap((orderId) =>
      [1, 2, 12].flatMap((seq) => [undefined, ...PUBLIC_EVENT_TYPES].map((type) => publicEventId(orderId, seq, type))),
    );
    expect(new Set(ids).size).toBe(ids.length);
    // The full stop separates id and timestamp in what is signed.
    expect(ids.filter((id) => id.includes('.'))).toEqual([]);
  });

  test('is what its schema says, for every type', () => {
    const data = {
      step: 'charge',
      detail: 'because',
      reason: 'asked',
      refund_id: 'rf_1',
      amount_minor: 1,
      error: 'no',
      fulfilment_id: 'ff_1',
      carrier: null,
      tracking_number: '0034',
      tracking_url: null,
    };
    const sources = [
      ...Object.values(PUBLIC_EVENTS)
        .flat()
        .map((type) => source(type, { before: TO_RESERVED, data })),
      ...FAILURES.map((reason) => failed(reason)),
    ];
    const events = sources
      .filter(({ type, data: { reason } }) => type !== 'order.failed' || reason !== 'asked')
      .flatMap(publicEventsOf);
    for (const { id: _, ...event } of events) expect(schemaOf(event.type)?.parse(event)).toEqual(event);
    expect([...new Set(events.map(({ type }) => type))].sort()).toEqual([...PUBLIC_EVENT_TYPES].sort());
    const test = messageOf({ messageId: 'evt_test-1', type: 'webhook.test', createdAt: '2026-01-01T00:00:00.000Z' });
    expect(schemaOf('webhook.test')?.parse(test)).toEqual(test);
  });

  test('comes from the timeline types that the table names, and from no others', () => {
    const others = ['refund.succeeded', 'refund.failed', 'review.rejected', 'fulfilment.created', 'order.amended'];
    const trail = [...new Set([...Object.keys(STATUS_AFTER), ...others])];
    const sources = trail.flatMap((type) =>
      [...FAILURES, 'payment_mismatch'].map((reason) => source(type, { before: TO_RESERVED, data: { reason } })),
    );
    const from = (told: string) => [
      ...new Set(sources.filter((one) => typesOf(one).includes(told)).map(({ type }) => type)),
    ];
    for (const type of PUBLIC_EVENT_TYPES) expect(from(type).sort()).toEqual([...PUBLIC_EVENTS[type]].sort());
  });
});

describe('a filter', () => {
  test('takes exact types, groups and all', () => {
    expect(matchesFilter(['order.*', 'refund.failed'], 'order.created')).toBe(true);
    expect(matchesFilter(['order.*', 'refund.failed'], 'refund.failed')).toBe(true);
    expect(matchesFilter(['order.*', 'refund.failed'], 'refund.succeeded')).toBe(false);
    expect(matchesFilter(['*'], 'payment.unknown')).toBe(true);
    expect(EVENT_FILTERS).toEqual(expect.arrayContaining(['*', 'order.*', 'inventory.*', 'payment.*', 'refund.*']));
  });

  test('reads all timeline types that its events may come from', () => {
    expect(trailTypesFor(['payment.*'])).toEqual(['order.confirmed', 'order.failed', 'payment.unknown']);
    expect(trailTypesFor(['inventory.released'])).toEqual(['order.cancelled', 'order.failed']);
    expect(trailTypesFor(['*'])).toEqual([...new Set(Object.values(PUBLIC_EVENTS).flat())].sort());
  });
});

test('the status after events that move nothing is that of the last one that did', () => {
  expect(statusAfter([])).toBe('pending');
  expect(statusAfter(['order.created', 'inventory.reserved', 'refund.failed'])).toBe('reserved');
});
