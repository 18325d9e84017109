import { proxyActivities } from '@temporalio/workflow';

const { reserveInventory, chargePayment, confirmOrder, releaseInventory } = proxyActivities({
  startToCloseTimeout: '1 minute',
  retry: { nonRetryableErrorTypes: ['OutOfStock', 'PaymentDeclined'] },
});

/** The order saga as tutorials write it: one regular activity a step, and a compensation for the one before. */
export async function processOrder(order) {
  await reserveInventory(order);
  let reference;
  try {
    reference = await chargePayment(order);
  } catch (error) {
    await releaseInventory(order.orderId);
    throw error;
  }
  await confirmOrder(order.orderId, reference);
}
