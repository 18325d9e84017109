import fc from 'fast-check';
import { command, hasOrders } from './command.js';
import { LATE, picked, PRICE_MINOR, type Line, type Model, type ModelOrder } from './reference.js';
import { expectAnswer, type Run } from './run.js';
import { REVIEW_ABOVE_MINOR } from './world.js';

const MOST_ORDERS = 10;
// Three look-ups are those of its own tries; what comes after them may believe that nothing was charged.
const LOOKUPS_BEFORE_ARRIVAL = [1, 4, 6, Infinity] as const;

const methods = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('pm_ok', 'pm_refund_fails', 'pm_timeout_after', 'pm_error_after') },
  { weight: 2, arbitrary: fc.constant('pm_declined') },
  { weight: 3, arbitrary: fc.constantFrom('pm_fail_2', 'pm_fail_9', 'pm_timeout_before') },
  { weight: 3, arbitrary: fc.constantFrom('pm_processing', 'pm_slow_250') },
  { weight: 2, arbitrary: fc.constant('short') },
  { weight: 2, arbitrary: fc.constant(LATE) },
);
const quantities = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 2, arbitrary: fc.integer({ min: 6, max: 9 }) },
);

/** A new order; `hurry` does not wait for anything, `twice` sends it two times at once. */
export const checkouts = fc
  .record({
    method: methods,
    quantity: quantities,
    both: fc.boolean(),
    hurry: fc.boolean(),
    twice: fc.boolean(),
    lookups: fc.constantFrom(...LOOKUPS_BEFORE_ARRIVAL),
  })
  .map((wish) =>
    command(`checkout ${Object.values(wish).join(' ')}`, {
      when: ({ orders }) => orders.length < MOST_ORDERS,
      async act(model, run) {
        const order = newOrder(model, run, wish);
        model.orders.push(order);
        if (order.isShortChanged) run.world.gateway.shortChanged.add(order.id);
        if (order.method === LATE) run.world.gateway.late.set(order.id, wish.lookups);
        const answers = await Promise.all([post(run, order), ...(wish.twice ? [post(run, order)] : [])]);
        const given = answers.map((answer) => expectAnswer(answer, ['202', '200'], 'a checkout'));
        const accepted = given.filter((status) => status === '202').length;
        if (accepted !== 1) throw new Error(`${accepted} of the same checkout were accepted as new`);
        run.tally.add(`checkout ${order.method}`);
        if (!wish.hurry) await run.rest(model, order.id);
      },
    }),
  );

export const sameCheckouts = fc.record({ pick: fc.nat(7), other: fc.boolean() }).map(({ pick, other }) =>
  command(`same checkout of ${pick}${other ? ' with other contents' : ''}`, {
    when: hasOrders,
    async act(model, run) {
      const order = picked(model, pick);
      const answer = await post(run, order, other ? 1 : 0);
      const given = expectAnswer(answer, [other ? '409 order-conflict' : '200'], 'the same checkout');
      run.tally.add(`same checkout ${given}`);
      const isSame = answer.isReplay && answer.body['id'] === order.id && answer.body['total_minor'] === order.total;
      if (!other && !isSame) throw new Error(`a replay was answered ${JSON.stringify(answer)}`);
    },
  }),
);

function newOrder(model: Model, run: Run, wish: { method: string; quantity: number; both: boolean }): ModelOrder {
  const [sku = '', second = ''] = model.skus;
  const lines: Line[] = [{ sku, quantity: wish.quantity }, ...(wish.both ? [{ sku: second, quantity: 1 }] : [])];
  const total = lines.reduce((sum, { quantity }) => sum + quantity, 0) * PRICE_MINOR;
  const isShortChanged = wish.method === 'short';
  return {
    id: run.next('order'),
    method: isShortChanged ? 'pm_ok' : wish.method,
    lines,
    total,
    isShortChanged,
    needsReview: total > REVIEW_ABOVE_MINOR,
    isCancelTaken: false,
    isFulfilled: false,
    isTroubled: false,
    isHeldBack: false,
    mayLackStock: false,
    truths: new Set(),
    redrives: 0,
    isJustRedriven: false,
    refunds: new Map(),
    sentBackElsewhere: new Set(),
  };
}

function post({ world }: Run, { id, method, lines }: ModelOrder, more = 0) {
  return world.post('/v1/orders', {
    order_id: id,
    customer_id: 'customer-1',
    currency: 'EUR',
    items: lines.map(({ sku, quantity }) => ({ sku, quantity: quantity + more })),
    payment: { method: method === LATE ? 'pm_ok' : method },
  });
}
