import type { OrderMessenger } from '../activities/gateway-events.js';
import type { MoneyUpdate } from '../domain/money-update.js';
import type { AcceptedOrder } from '../domain/order.js';
import type { OrderPolicy } from '../domain/policy.js';
import type { OrderMessages } from './order-messages.js';

export interface MessengerOptions {
  messages: Pick<OrderMessages, 'tell' | 'recover'>;
  policy: OrderPolicy;
  findOrder(orderId: string): Promise<AcceptedOrder | undefined>;
}

/** Lets activities, which know only an order's id, reach its workflows. */
export function createMessenger({ messages, policy, findOrder }: MessengerOptions): OrderMessenger {
  return {
    async tell(orderId, item, refundId) {
      const heard = await messages.tell(orderId, item, refundId);
      if (heard === 'full') await recover(orderId, item);
      return heard !== 'none';
    },
    recover: (orderId) => recover(orderId),
  };

  async function recover(orderId: string, item?: MoneyUpdate): Promise<void> {
    const order = await findOrder(orderId);
    if (order === undefined) throw new Error(`there is no order ${orderId} to recover`);
    await messages.recover(order, policy, item);
  }
}
