import { setTimeout as pause } from 'node:timers/promises';
import type { OrderStatus } from '../../src/domain/order.js';
import { brokenInvariants } from './invariants.js';
import { isOver, observe, statusOf } from './observation.js';
import { ANSWERING, between, learn, type Model } from './reference.js';
import type { Tally } from './tally.js';
import type { Answer, World } from './world.js';

/** Longest that a command waits for its order to come to rest. Nothing depends on it. */
const REST_MS = 40;

/** One run of commands: its orders and products are its own. */
export interface Run {
  id: string;
  world: World;
  tally: Tally;
  /** Fresh within the run. */
  next(prefix: string): string;
  /** Gives an order that was asked for something a moment to answer, on most occasions. */
  rest(model: Model, orderId: string): Promise<void>;
  /** Reads books and ledger, and compares them with the model. */
  check(model: Model): Promise<void>;
  /** What the order may have been when it gave an answer that was asked for now. */
  statusesDuring(model: Model, orderId: string, ask: () => Promise<Answer>): Promise<[Answer, OrderStatus[]]>;
}

export function createRun(world: World, id: string, tally: Tally): Run {
  let numbers = 0;
  let weather: Model['weather'] = 'fair';
  const look = (model: Model) =>
    observe(
      world.database,
      model.orders.map((order) => order.id),
      model.skus,
    );

  return {
    id,
    world,
    tally,
    next: (prefix) => `${id}-${prefix}${(numbers += 1)}`,

    async rest(model, orderId) {
      const until = Date.now() + REST_MS;
      while (Date.now() < until) {
        const now = await look(model);
        if (isOver(now, orderId) || statusOf(now, orderId) === 'in_review') return;
        await pause(5);
      }
    },

    async check(model) {
      await world.ledger.refresh();
      const before = new Map(model.orders.map(({ id }) => [id, world.ledger.of(id)]));
      const now = await look(model);
      await world.ledger.refresh();
      for (const order of model.orders) {
        order.isHeldBack ||= world.heldBack.has(order.id);
        // On a slow machine even a quick answer may come too late.
        order.isTroubled ||= ANSWERING.has(order.method) && world.unanswered.has(order.id);
      }
      learn(model, now, weather);
      weather = model.weather;
      const broken = brokenInvariants(model, now, (id) => ({
        before: before.get(id) ?? [],
        after: world.ledger.of(id),
        isUnderway: world.gateway.isUnderway(id),
      }));
      if (broken.length > 0) throw new Error(`Broken:\n  ${broken.join('\n  ')}\n${await storyOf(world, model)}`);
      if (world.faults.length > 0) throw new Error(`The API logged: ${world.faults.splice(0).join('; ')}`);
    },

    async statusesDuring(model, orderId, ask) {
      const before = statusOf(await look(model), orderId);
      const answer = await ask();
      const after = statusOf(await look(model), orderId);
      return [answer, between(before, after)];
    },
  };
}

/** Refuses an answer that the model did not expect: `status`, or `status code` for a problem. */
export function expectAnswer(answer: Answer, expected: Iterable<string>, about: string): string {
  const { status, body } = answer;
  const given = typeof body['code'] === 'string' ? `${status} ${body['code']}` : String(status);
  const all = new Set(expected);
  if (all.has(given)) return given;
  throw new Error(`${about} was answered ${given}, not ${[...all].join(' or ')}: ${JSON.stringify(body)}`);
}

/** What happened to the orders, for the reader of a failure. */
export async function storyOf({ database, ledger }: World, model: Model): Promise<string> {
  const { rows } = await database.pool.query<{ order_id: string; story: string }>(
    `select order_id, string_agg(type || ' ' || data::text, '\n      ' order by seq) as story
     from order_events where order_id = any($1) group by 1`,
    [model.orders.map(({ id }) => id)],
  );
  const stories = new Map(rows.map(({ order_id, story }) => [order_id, story]));
  return model.orders
    .map((order) => {
      const { id, refunds, truths, lines: _, ...known } = order;
      const lines = ledger.of(id).map(({ key, state, amount_minor }) => `${key} ${state} ${amount_minor}`);
      const books = model.seen.orders.get(id);
      return `  ${id} ${JSON.stringify({ ...known, refunds: [...refunds], truths: [...truths] })}
      ${stories.get(id) ?? 'no row'}\n      ledger: ${lines.join(', ')}\n      books: ${JSON.stringify(books)}`;
    })
    .join('\n');
}
