import type { RawBuilder } from 'kysely';
import type { Actor } from '../../domain/actor.js';

/** On whose behalf something was: no one's, when Holdfast did it on its own. As SQL, whoever a row names. */
export type EventActor = Actor | RawBuilder<string | null> | null | undefined;

export function actorIn(actor: EventActor): string | null | RawBuilder<string | null> {
  return typeof actor === 'object' && actor !== null && 'toOperationNode' in actor ? actor : actorJson(actor);
}

export function actorJson(actor: Actor | null | undefined): string | null {
  return actor ? JSON.stringify(actor) : null;
}

/** What may be without an actor: Holdfast does it on its own then. */
export type Unattributed<T extends { actor: Actor }> = Omit<T, 'actor'> & Partial<Pick<T, 'actor'>>;
