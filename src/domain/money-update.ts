import type { Actor } from './actor.js';
import type { Evidence } from './dead-letter.js';

/** Something that a workflow waiting for the truth about money should know. */
export type MoneyUpdate =
  /** The gateway may know more than before: look again now. */
  | { kind: 'look' }
  | { kind: 'evidence'; evidence: Evidence }
  /** Try a refused refund again. */
  | { kind: 'redrive'; deadLetterId: string; actor?: Actor };

/** Whether the one leaves nothing to do for the other, whoever sent them. */
export function isSameNews(one: MoneyUpdate, other: MoneyUpdate): boolean {
  return identityOf(one) === identityOf(other);
}

/** The first of each. */
export function distinctNews(items: readonly MoneyUpdate[]): MoneyUpdate[] {
  return items.filter((item, at) => items.findIndex((other) => isSameNews(item, other)) === at);
}

function identityOf(item: MoneyUpdate): string {
  return JSON.stringify(item.kind === 'redrive' ? { ...item, actor: undefined } : item);
}
