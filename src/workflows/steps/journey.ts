import type { Undone } from '../../domain/order.js';
import type { ReviewDecision } from '../../domain/outcomes.js';

export interface Review {
  decision?: ReviewDecision;
}

/** How far a checkout has come: the earlier steps are done, and a run that continues it does not repeat them. */
export type Place =
  | { at: 'start' | 'redriven' | 'settling' | 'confirmed' }
  | { at: 'in review'; untilMs: number; review: Review }
  | { at: 'paying'; untilMs: number; tries: number }
  | { at: 'undoing'; ending: Undone };

export interface Journey {
  place: Place;
}

export function isAt(place: Place, ...among: Place['at'][]): boolean {
  return among.includes(place.at);
}
