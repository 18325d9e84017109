import fc from 'fast-check';
import type { OrderStatus } from '../../src/domain/order.js';
import { command, hasOrders } from './command.js';
import { statusOf } from './observation.js';
import { picked, type Model, type ModelOrder } from './reference.js';
import { expectAnswer, type Run } from './run.js';
import type { Answer } from './world.js';

const picks = fc.nat(7);

const CANCEL_ANSWERS: Record<OrderStatus, string> = {
  pending: '202',
  in_review: '202',
  reserved: '202',
  payment_unknown: '202',
  confirmed: '202',
  cancelling: '202',
  cancelled: '200',
  compensating: '409 not-cancellable',
  failed: '409 not-cancellable',
  completed: '409 not-cancellable',
};

export const cancels = fc.record({ pick: picks, hurry: fc.boolean() }).map(({ pick, hurry }) =>
  command(`cancel ${pick}${hurry ? ' in a hurry' : ''}`, {
    when: hasOrders,
    async act(model, run) {
      const order = picked(model, pick);
      const ask = () => run.world.post(`/v1/orders/${order.id}/cancel`, { reason: 'changed their mind' });
      const [answer, statuses] = await run.statusesDuring(model, order.id, ask);
      const given = expectAnswer(answer, new Set(statuses.map((status) => CANCEL_ANSWERS[status])), 'a cancel');
      run.tally.add(`cancel ${given}`);
      if (answer.status === 202) order.isCancelTaken = true;
      if (!hurry) await run.rest(model, order.id);
    },
  }),
);

const REVIEW_NOT_OPEN = '409 not-in-review';

export const reviews = fc
  .record({ pick: picks, decision: fc.constantFrom('approve' as const, 'approve' as const, 'reject' as const) })
  .map(({ pick, decision }) =>
    command(`${decision} ${pick}`, {
      when: ({ orders }) => orders.some(({ needsReview }) => needsReview),
      async act(model, run) {
        const inReview = model.orders.filter(({ needsReview }) => needsReview);
        await review(model, run, picked({ ...model, orders: inReview }, pick), decision);
      },
    }),
  );

export async function review(model: Model, run: Run, order: ModelOrder, decision: 'approve' | 'reject'): Promise<void> {
  const ask = () => run.world.post(`/v1/orders/${order.id}/review`, { decision });
  const [answer, statuses] = await run.statusesDuring(model, order.id, ask);
  const given = expectAnswer(answer, reviewAnswers(model, order, decision, statuses), 'a review');
  run.tally.add(`review ${decision} ${given}`);
  if (answer.status === 200) order.decision ??= decision;
  await run.rest(model, order.id);
}

function reviewAnswers(model: Model, order: ModelOrder, decision: string, statuses: OrderStatus[]): string[] {
  if (order.decision !== undefined)
    return [order.decision === decision ? '200' : '409 review-conflict', REVIEW_NOT_OPEN];
  if (model.seen.orders.get(order.id)?.review === 'expired') return ['409 review-conflict'];
  const isOpen = statuses.some((status) => ['pending', 'in_review'].includes(status));
  return isOpen ? ['200', REVIEW_NOT_OPEN, '409 review-conflict'] : [REVIEW_NOT_OPEN];
}

export const fulfilments = picks.map((pick) =>
  command(`fulfil ${pick}`, {
    when: hasOrders,
    async act(model, run) {
      const order = picked(model, pick);
      const ask = () => run.world.post(`/v1/orders/${order.id}/fulfilment`);
      const [answer, statuses] = await run.statusesDuring(model, order.id, ask);
      const mayBe = statuses.flatMap((status) => {
        if (status === 'completed') return ['200'];
        if (status !== 'confirmed') return ['409 not-fulfillable'];
        return bringsGoodsBack(order) ? ['200', GOODS_RETURNED] : ['200'];
      });
      run.tally.add(`fulfil ${expectAnswer(answer, mayBe, 'a fulfillment')}`);
      if (answer.status === 200) order.isFulfilled = true;
    },
  }),
);

const GOODS_RETURNED = '409 goods-returned';

/** Whether a refund was asked for that brings the goods back; it may have failed. */
const bringsGoodsBack = ({ refunds: asked }: ModelOrder) => [...asked.values()].some(({ restock }) => restock);

export const refunds = fc
  .record({
    pick: picks,
    amount: fc.constantFrom<'all' | 'some' | 'too much'>('all', 'some', 'too much'),
    restock: fc.boolean(),
    hurry: fc.boolean(),
  })
  .map(({ pick, amount, restock, hurry }) =>
    command(`refund ${amount} of ${pick}${restock ? ' and restock' : ''}`, {
      when: hasOrders,
      async act(model, run) {
        const order = picked(model, pick);
        const key = run.next('key');
        const amountMinor = { all: undefined, some: 2_500, 'too much': order.total + 1 }[amount];
        const before = leftOf(model, order, run);
        const ask = () =>
          askRefund(run, order, key, { restock, ...(amountMinor === undefined ? {} : { amountMinor }) });
        const [answer, statuses] = await run.statusesDuring(model, order.id, ask);
        // What is under way may still fail, and what has failed may have been sent again.
        const expected = statuses.flatMap((status) => {
          if (status !== 'confirmed' && status !== 'completed') return ['409 not-refundable'];
          const most = before?.most ?? order.total;
          const least = before?.least ?? order.total;
          const wanted = amountMinor ?? 1;
          // With less than all that is left, no goods come back.
          const isPart = restock && amountMinor !== undefined && amountMinor < most;
          const isWhole = !restock || amountMinor === undefined || amountMinor >= least;
          return [
            ...(wanted <= most && isWhole ? ['202'] : []),
            ...(wanted > least ? ['422 refund-exceeds-captured'] : []),
            ...(isPart ? ['422 restock-needs-full-refund'] : []),
            ...(restock && bringsGoodsBack(order) ? [GOODS_RETURNED] : []),
          ];
        });
        const given = expectAnswer(answer, expected, 'a refund');
        run.tally.add(`refund ${amount} ${given}`);
        if (answer.status === 202) {
          order.refunds.set(key, {
            restock,
            id: String(answer.body['id']),
            ...(amountMinor === undefined ? {} : { amountMinor }),
          });
        }
        if (!hurry) await run.rest(model, order.id);
      },
    }),
  );

export const sameRefunds = fc.record({ pick: picks, other: fc.boolean() }).map(({ pick, other }) =>
  command(`same refund of ${pick}${other ? ' with other contents' : ''}`, {
    when: ({ orders }) => orders.some(({ refunds }) => refunds.size > 0),
    async act(model, run) {
      const refunded = model.orders.filter(({ refunds }) => refunds.size > 0);
      const order = picked({ ...model, orders: refunded }, pick);
      const [first] = order.refunds;
      if (first === undefined) return;
      const [key, { restock, id, amountMinor }] = first;
      const amount = amountMinor === undefined ? {} : { amountMinor };
      const answer = await askRefund(run, order, key, { restock: other ? !restock : restock, ...amount });
      run.tally.add(
        `same refund ${expectAnswer(answer, [other ? '409 idempotency-conflict' : '200'], 'the same refund')}`,
      );
      if (!other && answer.body['id'] !== id) throw new Error(`the same refund is now ${String(answer.body['id'])}`);
    },
  }),
);

function askRefund(
  { world }: Run,
  { id }: ModelOrder,
  key: string,
  { restock, amountMinor }: { restock: boolean; amountMinor?: number },
): Promise<Answer> {
  const amount = amountMinor === undefined ? {} : { amount_minor: amountMinor };
  return world.post(`/v1/orders/${id}/refunds`, { reason: 'damaged', restock, ...amount }, key);
}

/** What may be left to refund: failed refunds may count again, and those under way may fail. */
function leftOf({ seen }: Model, { id }: ModelOrder, { world }: Run): { least: number; most: number } | undefined {
  const books = seen.orders.get(id);
  if (books?.payment === null || books?.payment === undefined || statusOf(seen, id) === 'cancelled') return undefined;
  const { attempt, amount } = books.payment;
  const ours = books.refunds.filter((refund) => refund.attempt === attempt);
  const takenBack = world.ledger
    .of(id)
    .filter(({ state }) => state === 'failed')
    .map(({ key }) => key);
  const sum = (some: typeof ours) => some.reduce((total, refund) => total + refund.amount, 0);
  const gone = ours.filter(({ state, key }) => state === 'succeeded' && !takenBack.includes(key));
  return { least: amount - sum(ours), most: amount - sum(gone) };
}
