// What keeps an overloaded process responsive: it refuses work early, with 503 and Retry-After.
// Never permissions: those are in `access`.

import { createBurstQueue } from './burst-queue.js';
import { createLoadMeter } from './load-meter.js';
import type { ApiLog } from '../requests/api-log.js';
import type { Pace } from './adaptive-limit.js';
import { Problem } from '../requests/problems.js';

export interface OrderGateOptions {
  /** How many checkouts of this process may be in acceptance, or accepted but not begun, at once. */
  pace: Pace;
  /** How many more may wait, or be accepted but not begun, during a burst. */
  burst: number;
  /** The longest that a checkout waits for a slot. */
  burstWaitMs: number;
  /** The most orders whose workflows run, over all processes. */
  openOrders: number;
  /** Which of these orders have begun: their payment is in progress or they are past it. */
  begun: (orderIds: string[]) => Promise<string[]>;
  /** How many order workflows run now. */
  countOpen: () => Promise<number>;
  log: ApiLog;
  clock?: () => number;
}

/** What one checkout holds while it is handled. */
export interface Ticket {
  /**
   * Takes the slot of an order that is about to be started.
   * @throws Problem `overloaded`; nothing was accepted then
   */
  acquire(orderId: string): void;
  /** The outcome of the start: without a start, the slot is free again. */
  tried(orderId: string, started: boolean): void;
  leave(): void;
}

type Kind = 'place' | 'lookup' | 'late lookup';

export type OrderGate = ReturnType<typeof createOrderGate>;

// In addition to the slots, this many checkouts at once may look up whether their order was accepted before.
const LOOKUPS = 4;
// How long a slot is held while no worker begins anything, and at most.
const FORGET_MS = 10_000;
const FORGET_AT_LATEST_MS = 60_000;
const BUSY_LOOK_MS = 25;
// The backlog of a burst is long, and so is the query for it.
const BACKLOG_LOOK_MS = 250;
const QUIET_LOOK_MS = 500;
const COUNT_EVERY_MS = 1_000;
// Where others can wait, fewer are accepted at once: a burst is over no later, and each of them is answered sooner.
const ACCEPTING_SHARE = 0.5;

/**
 * Load shedding: a checkout that finds no slot is refused before any work is done for it. A slot is held until a worker
 * has reserved the order's stock and begun its payment: many orders may wait for the gateway, but only few for us. A
 * burst is the exception: it waits, and is accepted faster than it is worked off.
 */
export function createOrderGate(options: OrderGateOptions) {
  const { pace, burst, burstWaitMs, openOrders, begun, countOpen, log, clock = Date.now } = options;
  const waiting = new Map<string, number>();
  const load = createLoadMeter({ burst, clock });
  const queue = createBurstQueue({
    waitMs: burstWaitMs,
    take: () => (hasRoom() && open.count < openOrders ? ticket('place') : undefined),
    clock,
  });
  /** Holding a slot, but starting nothing yet. */
  let entered = 0;
  /** Holding a slot, but not answered yet. */
  let accepting = 0;
  let lookups = 0;
  let looking = false;
  let timer: NodeJS.Timeout | undefined;
  let isPutOff = false;
  let isClosed = false;
  let begunAt = clock();
  let open = { count: 0, at: Number.NEGATIVE_INFINITY, counting: false };

  /** How many may be in progress at once, including those that wait. */
  const most = () => pace.limit() + (load.isOverloaded() ? 0 : burst);
  const underWay = () => entered + waiting.size;
  const mostAccepting = () => (burst === 0 ? pace.limit() : Math.min(pace.limit(), pace.most * ACCEPTING_SHARE));
  const hasRoom = () => accepting < mostAccepting() && underWay() < most();

  return {
    /**
     * Waits for a slot if many checkouts arrived together. A client that hangs up meanwhile takes none.
     * @throws Problem `overloaded`
     */
    async enter(hungUp?: () => AbortSignal): Promise<Ticket> {
      countWhenDue();
      load.came(underWay() + queue.size() < pace.limit());
      if (load.isOverloaded()) queue.refuseAll();
      const place = open.count < openOrders ? await placeOf(hungUp) : 'lookup';
      if (typeof place === 'object') return place;
      if (lookups >= LOOKUPS) throw overloaded();
      return ticket(place);
    },
    /** Whether a burst waits to be accepted. */
    hasQueue: () => queue.size() > 0,
    /** Stops polling. Call it when no more checkouts can arrive. */
    close(): void {
      isClosed = true;
      clearTimeout(timer);
      queue.close();
    },
  };

  /** One that has waited and is refused may look whether its order is known, and starts none: it would be late. */
  async function placeOf(hungUp?: () => AbortSignal): Promise<Ticket | 'lookup' | 'late lookup'> {
    if (queue.size() === 0 && hasRoom()) return ticket('place');
    if (load.isOverloaded()) return 'lookup';
    // Later ones are more likely to be accepted in time.
    if (underWay() + queue.size() >= most()) queue.refuseOldest();
    if (underWay() + queue.size() >= most()) return 'lookup';
    const signal = hungUp?.();
    const place = await queue.wait(signal);
    if (place === undefined && signal?.aborted === true) throw overloaded();
    return place ?? 'late lookup';
  }

  function ticket(kind: Kind): Ticket {
    const enteredAt = clock();
    let holds: Kind | undefined = kind;
    let isAccepting = false;
    let added: string | undefined;
    if (kind === 'place') accept();
    if (kind === 'place') entered += 1;
    else lookups += 1;

    function accept(): void {
      if (isAccepting) return;
      isAccepting = true;
      accepting += 1;
    }
    function answered(): void {
      if (isAccepting) accepting -= 1;
      isAccepting = false;
    }
    function giveBack(): void {
      if (holds === 'place') entered -= 1;
      else if (holds !== undefined) lookups -= 1;
      holds = undefined;
    }
    return {
      leave() {
        if (holds === 'place') load.finished(1);
        giveBack();
        answered();
        queue.letIn();
      },
      acquire(orderId) {
        // A repetition of a waiting checkout starts nothing.
        if (waiting.has(orderId)) return;
        if (holds === 'late lookup') throw overloaded();
        if (holds !== 'place' && (!hasRoom() || open.count >= openOrders)) throw overloaded();
        accept();
        giveBack();
        added = orderId;
        waiting.set(orderId, clock());
        lookLater();
      },
      tried(orderId, started) {
        if (started) pace.took(clock() - enteredAt);
        else if (added === orderId && waiting.delete(orderId)) load.finished(1);
        answered();
        queue.letIn();
      },
    };
  }

  /** One poll at a time, soon if slots are scarce; a postponed poll is brought forward. */
  function lookLater(failed = false): void {
    if (looking || isClosed || waiting.size === 0) return;
    const soon = !failed && underWay() > pace.limit() / 4;
    const soonMs = waiting.size > pace.limit() ? BACKLOG_LOOK_MS : BUSY_LOOK_MS;
    if (timer !== undefined && !(soon && isPutOff)) return;
    clearTimeout(timer);
    isPutOff = !soon;
    timer = setTimeout(() => void look(), soon ? soonMs : QUIET_LOOK_MS);
    timer.unref();
  }

  async function look(): Promise<void> {
    timer = undefined;
    looking = true;
    let failed = false;
    try {
      const ended = (await begun([...waiting.keys()])).filter((orderId) => waiting.delete(orderId));
      load.finished(ended.length);
      if (ended.length > 0) begunAt = clock();
    } catch (err) {
      failed = true;
      log.warn({ err }, 'could not see which orders were begun');
    }
    forgetOld();
    looking = false;
    queue.letIn();
    lookLater(failed);
  }

  function forgetOld(): void {
    const now = clock();
    const old = now - begunAt > FORGET_MS ? FORGET_MS : FORGET_AT_LATEST_MS;
    for (const [orderId, since] of waiting) if (now - since > old) waiting.delete(orderId);
  }

  /** In the background: no request waits for the count. */
  function countWhenDue(): void {
    if (open.counting || clock() - open.at < COUNT_EVERY_MS) return;
    open.counting = true;
    countOpen().then(
      (count) => (open = { count, at: clock(), counting: false }),
      (err: unknown) => {
        open = { count: open.count, at: clock(), counting: false };
        log.warn({ err }, 'could not count the open orders');
      },
    );
  }

  function overloaded(): Problem {
    load.refused();
    const seconds = load.retryAfterSeconds(Math.max(0, underWay() - most()));
    const detail =
      'More orders are in progress than the service can take on. Nothing was accepted; send the same checkout again later.';
    return new Problem('overloaded', detail, {}, { 'Retry-After': String(seconds) });
  }
}
