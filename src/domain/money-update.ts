import type { Actor } from './actor.js';
import type { Evidence } from './dead-letter.js';

/** News for a workflow that waits for the outcome of a charge or refund. */
export type MoneyUpdate =
  /** The gateway may know more now: look again. */
  | { kind: 'look' }
  | { kind: 'evidence'; evidence: Evidence }
  /** Try a refused refund again. */
  | { kind: 'redrive'; deadLetterId: string; actor?: Actor };

/** Whether two updates ask for the same, no matter who sent them. */
export function isSameNews(one: MoneyUpdate, other: MoneyUpdate): boolean {
  return identityOf(one) === identityOf(other);
}

/** The first of each kind. */
export function distinctNews(items: readonly MoneyUpdate[]): MoneyUpdate[] {
  return items.filter((item, at) => items.findIndex((other) => isSameNews(item, other)) === at);
}

function identityOf(item: MoneyUpdate): string {
  return JSON.stringify(item.kind === 'redrive' ? { ...item, actor: undefined } : item);
}
