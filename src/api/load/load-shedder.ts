import type { ApiLog } from '../requests/api-log.js';
import type { Pace } from './adaptive-limit.js';
import { Problem } from '../requests/problems.js';
import { retryAfter } from '../requests/retry-after.js';

export interface OrderGateOptions {
  /** How many checkouts of this process may be read, or be accepted and not begun, at once. */
  pace: Pace;
  /** The most orders whose workflows run, over all processes. */
  openOrders: number;
  /** Which of these orders were begun: their payment is under way, or they are past that. */
  begun: (orderIds: string[]) => Promise<string[]>;
  /** How many order workflows run now. */
  countOpen: () => Promise<number>;
  log: ApiLog;
  clock?: () => number;
}

/** What one checkout holds while it is worked on. */
export interface Ticket {
  /**
   * Takes the place of an order that is about to be started.
   * @throws Problem `overloaded`; nothing was accepted then
   */
  admit(orderId: string): void;
  /** What became of the start: without one the place is free again. */
  tried(orderId: string, started: boolean): void;
  leave(): void;
}

export type OrderGate = ReturnType<typeof createOrderGate>;

// Beside the places: so many at once may look whether their order was accepted before.
const LOOKUPS = 4;
const FORGET_MS = 10_000;
const BUSY_LOOK_MS = 25;
const QUIET_LOOK_MS = 500;
const COUNT_EVERY_MS = 1_000;

/**
 * Admission control: whoever comes when all places are taken is turned away before anything is done for it. A place
 * is held until a worker has reserved the order's stock and begun with its payment: what waits for the gateway may be
 * many, what waits for us may not.
 */
export function createOrderGate({ pace, openOrders, begun, countOpen, log, clock = Date.now }: OrderGateOptions) {
  const waiting = new Map<string, number>();
  let entered = 0;
  let lookups = 0;
  let looking = false;
  let timer: NodeJS.Timeout | undefined;
  let isPutOff = false;
  let isClosed = false;
  let open = { count: 0, at: Number.NEGATIVE_INFINITY, counting: false };

  const isFull = () => entered + waiting.size >= pace.limit();

  return {
    /** @throws Problem `overloaded` */
    enter(): Ticket {
      countWhenDue();
      if (open.count < openOrders && !isFull()) return ticket('place');
      if (lookups >= LOOKUPS) throw overloaded();
      return ticket('lookup');
    },
    /** Looks at nothing any more. To be called when no checkout can come. */
    close(): void {
      isClosed = true;
      clearTimeout(timer);
    },
  };

  function ticket(kind: 'place' | 'lookup'): Ticket {
    let holds: 'place' | 'lookup' | undefined = kind;
    if (kind === 'place') entered += 1;
    else lookups += 1;

    const leave = () => {
      if (holds === 'place') entered -= 1;
      if (holds === 'lookup') lookups -= 1;
      holds = undefined;
    };
    const enteredAt = clock();
    let added: string | undefined;
    return {
      leave,
      admit(orderId) {
        // A repeat of what is waiting here starts nothing.
        if (waiting.has(orderId)) return;
        if (holds !== 'place' && (isFull() || open.count >= openOrders)) throw overloaded();
        leave();
        added = orderId;
        waiting.set(orderId, clock());
        lookLater();
      },
      tried(orderId, started) {
        if (started) pace.took(clock() - enteredAt);
        else if (added === orderId) waiting.delete(orderId);
      },
    };
  }

  /** One look at a time, soon while places are scarce; one that was put off is brought forward. */
  function lookLater(failed = false): void {
    if (looking || isClosed || waiting.size === 0) return;
    const soon = !failed && entered + waiting.size > pace.limit() / 4;
    if (timer !== undefined && !(soon && isPutOff)) return;
    clearTimeout(timer);
    isPutOff = !soon;
    timer = setTimeout(() => void look(), soon ? BUSY_LOOK_MS : QUIET_LOOK_MS);
    timer.unref();
  }

  async function look(): Promise<void> {
    timer = undefined;
    looking = true;
    let failed = false;
    try {
      for (const orderId of await begun([...waiting.keys()])) waiting.delete(orderId);
    } catch (err) {
      failed = true;
      log.warn({ err }, 'could not see which orders were begun');
    }
    const old = clock() - FORGET_MS;
    for (const [orderId, since] of waiting) if (since < old) waiting.delete(orderId);
    looking = false;
    lookLater(failed);
  }

  /** Beside the requests: none of them waits for the count. */
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
}

function overloaded(): Problem {
  const detail = 'More orders are under way than can be taken on. Nothing was accepted; send the same again later.';
  return new Problem('overloaded', detail, {}, retryAfter());
}
