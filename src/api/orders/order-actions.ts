import type { Actor } from '../../domain/actor.js';
import type { OrderRecord } from '../../domain/order-record.js';
import type { CancelDecision } from '../../domain/outcomes.js';
import type { OrderPolicy } from '../../domain/policy.js';
import type { OrderSources } from './accept-checkout.js';
import type { OrderMessages } from '../../temporal/order-messages.js';
import { Problem, type ProblemExtra } from '../requests/problems.js';

/** The cancels that were accepted. Throws `Unavailable` when the database does not answer. */
export interface CancelStore {
  /** Stores a cancel, if the order can still be cancelled, before any workflow hears of it. */
  accept(request: { orderId: string; reason: string; actor: Actor }): Promise<CancelDecision>;
}

/** What every route needs that sends requests to an order's workflows. */
export interface OrderActionOptions extends OrderSources {
  requests: OrderMessages;
  cancels: CancelStore;
  policy: OrderPolicy;
  maxBodyBytes: number;
}

const RETRY_AFTER_SECONDS = 30;

/** The order has not ended, and nothing works on it: the audit will find it and start its recovery. */
export function interrupted({ order, status }: OrderRecord): Problem {
  const detail = `The run of order ${order.orderId} was interrupted and is being recovered. Send this again later.`;
  return new Problem(
    'order-interrupted',
    detail,
    { order_status: status },
    { 'Retry-After': `${RETRY_AFTER_SECONDS}` },
  );
}

/** The goods of the order are back in stock, or a refund will restock them. */
export function goodsReturned({ order, status, refunds }: OrderRecord, so: string, extra: ProblemExtra = {}): Problem {
  const returns = refunds.filter(({ restock }) => restock);
  const refund = returns.find(({ state }) => state !== 'failed') ?? returns.at(-1);
  const how = refund === undefined ? 'are back' : `come back with refund ${refund.id}, which is ${refund.state}`;
  return new Problem('goods-returned', `The goods of order ${order.orderId} ${how}; ${so}`, {
    order_status: status,
    ...(refund === undefined ? {} : { refund_id: refund.id }),
    ...extra,
  });
}
