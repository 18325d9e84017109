import { describe, expect, test } from '@jest/globals';
import { justAccepted } from '../../../src/domain/order-record.js';
import {
  canTransition,
  holdsStock,
  isBeingPaid,
  isBeingUndone,
  isCancellable,
  isPaid,
  isRefundable,
  isSettled,
  ORDER_STATUSES,
  statusesBefore,
  type AcceptedOrder,
  type OrderStatus,
} from '../../../src/domain/order.js';

/** The table of statuses in the design, written down a second time: rows leave to the columns marked with an x. */
const DESIGN = `
  from             pending in_review reserved payment_unknown confirmed completed compensating failed cancelling cancelled
  pending          .       x         x        .               .         .         x            x      x          x
  in_review        x       .         .        .               .         .         .            x      .          x
  reserved         .       .         .        x               x         .         x            .      x          .
  payment_unknown  .       .         .        .               x         .         x            .      x          .
  confirmed        .       .         .        .               .         x         .            .      x          .
  completed        .       .         .        .               .         .         .            .      .          .
  compensating     .       .         .        .               .         .         .            x      .          .
  failed           x       .         .        .               .         .         .            .      .          .
  cancelling       .       .         .        .               .         .         .            .      .          x
  cancelled        .       .         .        .               .         .         .            .      .          .
`;

const [header = [], ...rows] = DESIGN.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));
const statuses = header.slice(1) as OrderStatus[];
const pairs = rows.flatMap(([from, ...cells]) =>
  statuses.map((to, column) => ({ from: from as OrderStatus, to, allowed: cells[column] === 'x' })),
);

describe('the statuses of an order', () => {
  test('are the ten of the design', () => {
    expect([...ORDER_STATUSES].sort()).toEqual([...statuses].sort());
    expect(pairs).toHaveLength(100);
  });

  test.each(pairs)('$from may become $to: $allowed', ({ from, to, allowed }) => {
    expect(canTransition(from, to)).toBe(allowed);
  });

  test('end at completed and cancelled and nowhere else', () => {
    const ends = ORDER_STATUSES.filter((from) => ORDER_STATUSES.every((to) => !canTransition(from, to)));
    expect(ends.sort()).toEqual(['cancelled', 'completed']);
  });

  test('can all be reached from pending', () => {
    const reached = new Set<OrderStatus>(['pending']);
    for (const from of reached) {
      for (const to of ORDER_STATUSES) if (canTransition(from, to)) reached.add(to);
    }
    expect([...reached].sort()).toEqual([...statuses].sort());
  });

  test('leave a failed order only for redrive, which begins again at pending', () => {
    expect(ORDER_STATUSES.filter((to) => canTransition('failed', to))).toEqual(['pending']);
  });

  test.each(statuses)('can be read backwards from %s', (to) => {
    const before = statuses.filter((from) => canTransition(from, to));
    expect(statusesBefore(to).sort()).toEqual(before.sort());
  });

  /** What each status allows, written down a second time. */
  test.each([
    ['has its answer', isSettled, 'confirmed completed failed cancelled'],
    ['is paid', isPaid, 'confirmed completed'],
    ['may be refunded', isRefundable, 'confirmed completed'],
    ['may be confirmed', isBeingPaid, 'reserved payment_unknown'],
    ['holds stock', holdsStock, 'reserved payment_unknown confirmed completed'],
    ['is being undone', isBeingUndone, 'compensating cancelling'],
    ['may be cancelled', isCancellable, 'pending in_review reserved payment_unknown confirmed'],
  ])('tell whether an order %s', (_rule, holds, expected) => {
    expect(ORDER_STATUSES.filter(holds).sort()).toEqual(expected.split(' ').sort());
  });
});

test('an order without a row reads as pending, unchanged and without payment since it was accepted', () => {
  const order: AcceptedOrder = {
    orderId: 'order-1',
    customerId: 'customer-7',
    currency: 'EUR',
    lines: [{ sku: 'pen', name: 'Fountain pen', quantity: 1, unitPriceMinor: 4_900 }],
    totalMinor: 4_900,
    paymentMethod: 'pm_ok',
    metadata: {},
    fingerprint: 'f',
    requestId: 'r',
    acceptedAt: '2026-11-01T10:00:00.000Z',
  };
  expect(justAccepted(order)).toEqual({
    order,
    status: 'pending',
    version: 1,
    failure: null,
    cancelRequested: false,
    cancelReason: null,
    review: null,
    attempts: [],
    refunds: [],
    goodsAreBack: false,
    deadLetters: [],
    fulfilments: [],
    holdExpiresAt: null,
    updatedAt: order.acceptedAt,
  });
});
