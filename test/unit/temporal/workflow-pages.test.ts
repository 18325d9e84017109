import { expect, test } from '@jest/globals';
import { justAccepted } from '../../../src/domain/order-record.js';
import { workflowPages } from '../../../src/temporal/workflow-pages.js';
import { aRefund, CAPTURED } from '../api/desk.js';
import { anOrder } from '../../support/orders.js';

test('an order has a page for each of its workflows, in the Web UI if that is known', () => {
  const placed = justAccepted(anOrder({ orderId: 'order-1' }));
  const undone = {
    ...placed,
    status: 'cancelled' as const,
    attempts: [CAPTURED],
    refunds: [aRefund({ id: 'rf_1' }), aRefund({ id: 'undo-order-1-1' })],
  };
  const pages = workflowPages('https://temporal.example.com/', 'shop');
  const at = (id: string) => ({ id, url: `https://temporal.example.com/namespaces/shop/workflows/${id}` });
  expect(pages(placed)).toEqual([at('order-order-1')]);
  expect(pages({ ...placed, status: 'completed' })).toEqual([at('order-order-1'), at('fulfil-order-1')]);
  expect(pages(undone)).toEqual([at('order-order-1'), at('refund-rf_1'), at('cancel-order-1')]);
  expect(workflowPages(undefined, 'shop')(placed)).toEqual([{ id: 'order-order-1', url: null }]);
});
