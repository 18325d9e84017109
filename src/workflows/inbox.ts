import { setHandler } from '@temporalio/workflow';
import type { News } from '../domain/news.js';
import { news } from './contract.js';
import { waitFor } from './waiting.js';

export interface Inbox {
  /** The next piece of news for whoever waits for this sort of money, `ms` at most; `what` as the Web UI shows it. */
  next(about: 'charge' | 'refund', ms: number, what: string): Promise<News | undefined>;
  /** Whether somebody has asked to look again. */
  hasLook(): boolean;
  /** Forgets all who have asked to look until now. */
  dropLooks(): void;
  /**
   * Whether the gateway has hinted since the last time at something that nobody may have looked for: a hint does not say
   * which charge it is about.
   */
  takeHint(): boolean;
}

/** Keeps the news that is sent to this workflow until somebody asks for it. */
export function openInbox(): Inbox {
  let waiting: News[] = [];
  let isHinted = false;
  setHandler(news, (item) => {
    waiting.push(item);
    isHinted ||= item.kind === 'look';
  });

  return {
    async next(about, ms, what) {
      const isOurs = (item: News) => isAbout(item, about);
      const arrived = () => waiting.some(isOurs);
      if (!arrived()) await waitFor(arrived, ms, what);
      const at = waiting.findIndex(isOurs);
      return at < 0 ? undefined : waiting.splice(at, 1)[0];
    },
    hasLook: () => waiting.some(({ kind }) => kind === 'look'),
    dropLooks: () => void (waiting = waiting.filter(({ kind }) => kind !== 'look')),
    takeHint() {
      const wasHinted = isHinted;
      isHinted = false;
      return wasHinted;
    },
  };
}

function isAbout(item: News, about: 'charge' | 'refund'): boolean {
  switch (item.kind) {
    case 'look':
      return true;
    case 'redrive':
      return about === 'refund';
    case 'evidence':
      return item.evidence.about === about;
  }
}
