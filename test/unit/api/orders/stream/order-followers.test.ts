import { expect, it } from '@jest/globals';
import {
  createOrderFollowers,
  type FollowedOrderReader,
} from '../../../../../src/api/orders/stream/order-followers.js';

const event = (seq: number) => ({
  orderId: 'order-1',
  seq,
  type: 'order.created',
  data: {},
  actor: null,
  createdAt: '2026-01-01T00:00:00.000Z',
});

it('a follower from further back that joins during a poll misses nothing', async () => {
  const heard: number[] = [];
  let join = () => {};
  const orders: FollowedOrderReader = {
    versions: async () => [{ orderId: 'order-1', version: 3, status: 'confirmed', waiting: null }],
    async eventsAfter([place]) {
      join();
      return [1, 2, 3].filter((seq) => seq > (place?.seq ?? 0)).map(event);
    },
  };
  const log = { warn: () => {}, error: () => {} };
  const followers = createOrderFollowers({ orders, most: 10, intervalMs: 1, log });
  const late = new Promise<void>((resolve) => {
    join = () => {
      join = () => {};
      const hear = (events: readonly { seq: number }[]) => {
        heard.push(...events.map(({ seq }) => seq));
        resolve();
      };
      followers.follow('order-1', 0, { hear, wait: () => {}, end: () => {} });
    };
  });
  followers.follow('order-1', 2, { hear: () => {}, wait: () => {}, end: () => {} });
  await late;
  await followers.close();
  expect(heard).toEqual([1, 2, 3]);
});
