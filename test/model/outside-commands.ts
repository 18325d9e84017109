import fc from 'fast-check';
import { command, hasOrders } from './command.js';
import type { Weather } from './gateway-proxy.js';
import type { LedgerEntry } from './ledger-reader.js';
import { picked, type Model, type ModelOrder } from './reference.js';
import { expectAnswer, type Run } from './run.js';

const MINUTE = 60_000;
const picks = fc.nat(7);

export const weathers = fc.constantFrom<Weather>('fair', 'fair', 'fair', 'refusing', 'deaf', 'mute').map((weather) =>
  command(`the gateway is ${weather}`, {
    async act(model, run) {
      model.weather = weather;
      run.world.gateway.weather = weather;
      if (weather !== 'fair') run.tally.add(`gateway ${weather}`);
    },
  }),
);

export const jumps = fc
  .constantFrom(1_000, 1_000, 5_000, 5_000, 30_000, MINUTE, 10 * MINUTE, 120 * MINUTE)
  .map((ms) => command(`${ms / 1_000} s pass`, { act: (model, run) => jump(model, run, ms) }));

export async function jump(model: Model, { world, tally }: Run, ms: number): Promise<void> {
  await world.clock.jump(ms);
  await world.lookAtEvents();
  model.elapsedMs += ms;
  tally.add('clock jumps');
}

export const adjustments = fc
  .record({
    product: fc.nat(1),
    delta: fc.integer({ min: -8, max: 12 }).filter((delta) => delta !== 0),
    twice: fc.boolean(),
  })
  .map(({ product, delta, twice }) =>
    command(`stock of ${product} by ${delta}${twice ? ' twice' : ''}`, {
      async act(model, run) {
        const sku = model.skus[product] ?? '';
        const key = run.next('adjust');
        const body = { delta, reason: 'counted' };
        const adjust = () => run.world.post(`/v1/products/${sku}/stock-adjustments`, body, key);
        const given = expectAnswer(
          await adjust(),
          ['201', ...(delta < 0 ? ['409 stock-below-reserved'] : [])],
          'stock',
        );
        run.tally.add(`stock ${delta < 0 ? 'down' : 'up'} ${given}`);
        if (given !== '201') return;
        model.shelved.set(sku, (model.shelved.get(sku) ?? 0) + delta);
        if (twice) run.tally.add(`stock again ${expectAnswer(await adjust(), ['200'], 'the same adjustment')}`);
      },
    }),
  );

/** The gateway tells, once or more often, what it has done. */
export const events = fc.record({ pick: picks, line: fc.nat(5), copies: fc.integer({ min: 1, max: 3 }) }).map((wish) =>
  command(`${wish.copies} events about ${wish.pick}`, {
    when: hasOrders,
    async act(model, run) {
      const lines = run.world.ledger.of(picked(model, wish.pick).id).filter(({ state }) => state !== 'processing');
      const line = lines[wish.line % Math.max(lines.length, 1)];
      if (line === undefined) return;
      await Promise.all(Array.from({ length: wish.copies }, () => tell(run, line)));
    },
  }),
);

const TYPES = {
  captured: 'charge.captured',
  declined: 'charge.declined',
  refunded: 'refund.succeeded',
  failed: 'refund.failed',
} as const;

/** Delivers the event of a line of the ledger. */
export async function tell({ world, tally }: Run, line: LedgerEntry): Promise<void> {
  if (line.state === 'processing') return;
  const type = TYPES[line.state];
  const keys =
    line.type === 'charge' ? { charge_key: line.key } : { charge_key: line.charge_key, refund_key: line.key };
  const event = { id: `evt-${line.key}-${line.state}`, type, data: { ...keys, order_id: line.order_id } };
  expectAnswer(await world.deliver(event), ['200'], 'an event');
  tally.add(`event ${type}`);
}

export const settlements = fc.record({ pick: picks, captured: fc.boolean(), told: fc.boolean() }).map((wish) =>
  command(`the gateway settles ${wish.pick}: ${wish.captured ? 'captured' : 'declined'}`, {
    when: hasProcessing,
    async act(model, run) {
      const processing = model.orders.filter(({ method }) => method === 'pm_processing');
      await settle(run, picked({ ...model, orders: processing }, wish.pick), wish);
    },
  }),
);

function hasProcessing({ orders }: Readonly<Model>): boolean {
  return orders.some(({ method }) => method === 'pm_processing');
}

/** Ends the charges of an order that the gateway still works on. */
export async function settle(run: Run, order: ModelOrder, wish: { captured: boolean; told: boolean }): Promise<void> {
  const { world, tally } = run;
  await world.ledger.refresh();
  const lines = world.ledger.of(order.id);
  const outcome = wish.captured ? 'captured' : 'declined';
  for (const { key } of lines.filter(({ state }) => state === 'processing')) {
    if (lines.findLast((line) => line.key === key)?.state !== 'processing') continue;
    order.truths.add(outcome);
    await world.settleAtGateway(key, outcome);
    tally.add(`settled ${outcome}`);
  }
  await world.ledger.refresh();
  if (!wish.told) return;
  for (const line of world.ledger.of(order.id)) await tell(run, line);
}

/** The bank takes a refund back that had succeeded. */
export const lateFailures = picks.map((pick) =>
  command(`a refund of ${pick} fails late`, {
    when: hasOrders,
    async act(model, run) {
      const { id } = picked(model, pick);
      const lines = run.world.ledger.of(id);
      const isGone = ({ key }: LedgerEntry) => lines.findLast((line) => line.key === key)?.state === 'refunded';
      const refunded = lines.find(isGone);
      if (refunded === undefined || refunded.type !== 'refund') return;
      await run.world.failRefundAtGateway(refunded.key);
      await run.world.ledger.refresh();
      for (const line of run.world.ledger.of(id).filter(({ state }) => state === 'failed')) await tell(run, line);
      run.tally.add('refunds taken back');
    },
  }),
);
