import type { Undone } from '../../domain/order.js';
import type { ReviewDecision } from '../../domain/outcomes.js';

export interface Review {
  decision?: ReviewDecision;
}

/** Where a checkout has got to: what comes before is done, and is not done again by the run that continues it. */
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
