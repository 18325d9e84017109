// The messages to a running workflow, its answers, and what it hands to the run that continues it.
// Never a decision about an order.

import { patched, setHandler } from '@temporalio/workflow';
import type { RecoveryStanding } from '../../activities/orders.js';
import { distinctNews, isSameNews, type MoneyUpdate } from '../../domain/money-update.js';
import type { Undone } from '../../domain/order.js';
import { news } from '../contract.js';
import { measureRun, type RunLength } from './long-run.js';
import { waitFor } from '../telemetry/waiting.js';

type Money = 'charge' | 'refund';

/** The current pause between look-ups. */
export interface Pace {
  about: Money;
  sinceMs: number;
  pauseMs: number;
  /** How many look-ups there were. */
  looks?: number;
}

/** What a run knows that the database does not. */
export interface Memory {
  pace?: Pace;
  /** The step for which this workflow has opened a dead letter. */
  lateStep?: string;
  /** The reason of a requested cancel. */
  cancelReason?: string;
  /** The state of the order when its recovery took it over. */
  standing?: RecoveryStanding;
  /** Whether the undo has begun and has been counted. */
  isUndoing?: boolean;
  /** How the order ended, if its workflow continues anyway. */
  ended?: Undone;
}

/** Everything, for the run that continues this one. */
export interface Left {
  news: MoneyUpdate[];
  isHinted: boolean;
  memory: Memory;
}

export interface PendingSignals extends RunLength {
  /** The next update about a charge or a refund, waiting `ms` at most; the Web UI shows `what`. */
  next(about: Money, ms: number, what: string): Promise<MoneyUpdate | undefined>;
  /** Whether a new look-up was requested. */
  hasLook(): boolean;
  /** Forgets all requests for a look-up so far. */
  dropLooks(): void;
  /**
   * Whether the gateway has sent a hint since the last call that may not have been looked up: a hint does not say which
   * charge it is about.
   */
  takeHint(): boolean;
  memory: Memory;
  /** The look-up pause of the previous run, for the first caller. */
  takePace(about: Money): Pace | undefined;
  left(): Left;
}

/** Keeps the updates that are sent to this workflow until a step asks for them. */
export function openSignals(before?: Left): PendingSignals {
  let waiting: MoneyUpdate[] = before?.news ?? [];
  let isHinted = before?.isHinted ?? false;
  const memory: Memory = before?.memory ?? {};
  let pace = memory.pace;
  const run = measureRun();
  const hear = (item: MoneyUpdate): void => {
    waiting.push(item);
    isHinted ||= item.kind === 'look';
    run.countSignal();
  };
  setHandler(news, hear, { description: 'Has the money looked up now: {"kind":"look"}' });

  return {
    ...run,
    async next(about, ms, what) {
      const isOurs = (item: MoneyUpdate) => isAbout(item, about);
      const arrived = () => waiting.some(isOurs) || run.isFull();
      if (!arrived()) await waitFor(arrived, ms, what);
      run.endIfLong();
      const item = waiting.find(isOurs);
      if (item === undefined) return undefined;
      if (waiting.length === 1 || !patched('news-in-one')) {
        waiting.splice(waiting.indexOf(item), 1);
        return item;
      }
      // A workflow looks up after it has taken an update: one look-up serves all of them.
      const first = waiting.find((one) => isOurs(one) && one.kind !== 'look') ?? item;
      waiting = distinctNews(waiting).filter((one) => one.kind !== 'look' && !isSameNews(one, first));
      return first;
    },
    hasLook: () => waiting.some(({ kind }) => kind === 'look'),
    dropLooks: () => void (waiting = waiting.filter(({ kind }) => kind !== 'look')),
    takeHint() {
      const wasHinted = isHinted;
      isHinted = false;
      return wasHinted;
    },
    memory,
    takePace(about) {
      const last = pace;
      pace = undefined;
      return last?.about === about ? last : undefined;
    },
    left: () => ({ news: distinctNews(waiting), isHinted, memory }),
  };
}

function isAbout(item: MoneyUpdate, about: Money): boolean {
  switch (item.kind) {
    case 'look':
      return true;
    case 'redrive':
      return about === 'refund';
    case 'evidence':
      return item.evidence.about === about;
  }
}
