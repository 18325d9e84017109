import type { RawBuilder } from 'kysely';
import type { Actor } from '../../domain/actor.js';

/** On whose behalf something was done; null if Holdfast did it on its own. As SQL, the actor in a row. */
export type EventActor = Actor | RawBuilder<string | null> | null | undefined;

export function actorIn(actor: EventActor): string | null | RawBuilder<string | null> {
  return typeof actor === 'object' && actor !== null && 'toOperationNode' in actor ? actor : actorJson(actor);
}

export function actorJson(actor: Actor | null | undefined): string | null {
  return actor ? JSON.stringify(actor) : null;
}

/** For changes that may have no actor because Holdfast makes them on its own. */
export type Unattributed<T extends { actor: Actor }> = Omit<T, 'actor'> & Partial<Pick<T, 'actor'>>;
