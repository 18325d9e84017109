import { LRUCache } from 'lru-cache';

const WINDOW_MS = 60_000;
const MOST_PER_ADDRESS = 10;
const MOST_IN_ALL = 100;
const MOST_ADDRESSES = 10_000;

/** Bounds how often sign-ins fail in a minute, per address and in all, so that guessing costs this process nothing. */
export function createSignInLimit(clock: () => number = Date.now) {
  const failures = new LRUCache<string, { times: number; until: number }>({ max: MOST_ADDRESSES });
  const all = { times: 0, until: 0 };
  const current = (address: string) => {
    const known = failures.get(address);
    return known !== undefined && known.until > clock() ? known : { times: 0, until: clock() + WINDOW_MS };
  };

  return {
    isReached(address: string): boolean {
      const isFull = all.until > clock() && all.times >= MOST_IN_ALL;
      return isFull || current(address).times >= MOST_PER_ADDRESS;
    },
    failed(address: string): void {
      const { times, until } = current(address);
      failures.set(address, { times: times + 1, until });
      if (all.until <= clock()) Object.assign(all, { times: 0, until: clock() + WINDOW_MS });
      all.times += 1;
    },
  };
}
