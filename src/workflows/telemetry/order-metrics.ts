import { metricMeter } from '@temporalio/workflow';
import type { AcceptedOrder, OrderOutcome, Undone } from '../../domain/order.js';

/** Counts the outcomes of orders. The meter counts nothing during a replay. */

/** @param order the time to settle starts when it was accepted */
export function countSettled(order: AcceptedOrder, outcome: OrderOutcome): void {
  if (outcome.status === 'superseded') return;
  const reason = outcome.status === 'failed' ? outcome.failure.reason : '';
  metricMeter
    .createCounter('holdfast_orders_settled', '', 'Checkouts that ended, by outcome and reason of failure')
    .add(1, { outcome: outcome.status, reason });
  metricMeter
    .createHistogram('holdfast_order_settle_seconds', 'float', '', 'Time from acceptance to the end of a checkout')
    .record(Math.max(0, Date.now() - Date.parse(order.acceptedAt)) / 1000, { outcome: outcome.status });
}

export function countUndo(ending: Undone): void {
  metricMeter
    .createCounter('holdfast_compensations', '', 'Orders whose undoing began, by what they end as')
    .add(1, { ending: ending.status });
}
