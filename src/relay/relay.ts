// The loops beside the workflows: they pass on events, start what lacks a workflow, and purge old deliveries.
// Never a change to an order. A loop can die at any point, and another process continues.

import { setTimeout as sleep } from 'node:timers/promises';
import pTimeout from 'p-timeout';
import { Unavailable } from '../domain/unavailable.js';
import { gathered } from './batching.js';
import type { OutboxConsumer } from './outbox-event.js';
import type { ClaimedEvent, OutboxStore } from './relay-ports.js';
import { startRounds, type Rounds } from './poll-loop.js';

export interface RelayLog {
  warn(fields: Record<string, unknown>, message: string): void;
}

export interface RelayOptions {
  store: OutboxStore;
  consumers: readonly OutboxConsumer[];
  log: RelayLog;
  limits?: Partial<RelayLimits>;
}

export interface RelayLimits {
  /** The most events claimed by one statement, and the most in progress. */
  batch: number;
  atOnce: number;
  leaseMs: number;
  /** The longest that a consumer may take over one event; shorter than the lease. */
  deadlineMs: number;
  /** How long an idle relay waits for a signal before it looks. */
  pollMs: number;
}

export const RELAY_LIMITS: RelayLimits = {
  batch: 100,
  atOnce: 200,
  leaseMs: 30_000,
  deadlineMs: 15_000,
  pollMs: 1_000,
};

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const FAULT_PAUSE_MS = 1_000;
const LONGEST_FAULT_PAUSE_MS = 600_000;
// A transaction that saw another one about to notify does not notify: so the relay looks again soon after it had work.
// More often would not help: events that arrive meanwhile are handed on together.
const LOOK_AGAIN_MS = 50;

/**
 * Hands every event of the outbox to every consumer that wants it, at least once. Any number of relays may run on one
 * outbox: an event is leased to one of them, and if that relay dies the lease expires.
 */
export function startRelay({ store, consumers, log, limits = {} }: RelayOptions): Rounds {
  const { batch, atOnce, leaseMs, deadlineMs, pollMs } = { ...RELAY_LIMITS, ...limits };
  const underWay = new Set<Promise<void>>();
  const done = gathered(async (ids: number[]) => {
    await store.done(ids);
    return ids;
  });
  let quietMs = LOOK_AGAIN_MS;
  let pauseMs = FIRST_PAUSE_MS;
  let isAway = false;

  const rounds = startRounds(async (wait, ending) => {
    if (underWay.size >= atOnce) {
      await Promise.race(underWay);
      return;
    }
    try {
      const lookedAt = performance.now();
      const events = await store.claim(Math.min(batch, atOnce - underWay.size), leaseMs);
      if (isAway) log.warn({}, 'the outbox is available again');
      isAway = false;
      pauseMs = FIRST_PAUSE_MS;
      for (const event of events) begin(event);
      quietMs = events.length > 0 ? LOOK_AGAIN_MS : Math.min(quietMs * 2, pollMs);
      // After a full batch, more events are probably waiting.
      if (events.length < batch) {
        await wait(quietMs);
        await rest(lookedAt + LOOK_AGAIN_MS - performance.now(), ending);
      }
    } catch (err) {
      if (!isAway) log.warn({ err }, 'the outbox cannot be read; trying again until it can');
      isAway = true;
      await wait(pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  });
  return {
    wake: rounds.wake,
    async stop() {
      await rounds.stop();
      await Promise.all(underWay);
    },
  };

  function begin(event: ClaimedEvent): void {
    const work = handOn(event).finally(() => underWay.delete(work));
    underWay.add(work);
  }

  async function handOn(event: ClaimedEvent): Promise<void> {
    try {
      const { id, attempts: _, ...told } = event;
      const wanting = consumers.filter((consumer) => consumer.wants(event.type));
      await Promise.all(wanting.map((consumer) => within(deadlineMs, consumer, told)));
      await done(id);
    } catch (err) {
      await giveBack(event, err).catch(() => {
        // The event is free again when the lease expires.
      });
    }
  }

  async function giveBack({ id, orderId, seq, attempts }: ClaimedEvent, err: unknown): Promise<void> {
    const isOurs = !(err instanceof Unavailable);
    if (isOurs) log.warn({ orderId, seq, attempts, err }, 'an event could not be handed on; it will be retried');
    const longer = FAULT_PAUSE_MS * 2 ** Math.min(attempts - 1, 20);
    const error = err instanceof Error ? err.message.slice(0, 500) : 'unknown';
    const pause = isOurs ? Math.min(longer, LONGEST_FAULT_PAUSE_MS) : FAULT_PAUSE_MS;
    await store.giveBack(id, { error, pauseMs: pause, counts: isOurs });
  }
}

/** A consumer that ignores its signal must not hold an event for longer than the lease. */
async function within(
  ms: number,
  consumer: OutboxConsumer,
  event: Parameters<OutboxConsumer['take']>[0],
): Promise<void> {
  const cut = new AbortController();
  const fallback = (): never => {
    const error = new Error(`${consumer.name} took longer than ${ms} ms`);
    cut.abort(error);
    throw error;
  };
  await pTimeout(consumer.take(event, cut.signal), { milliseconds: ms, fallback });
}

async function rest(ms: number, ending: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal: ending }).catch(() => {});
}
