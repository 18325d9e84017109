import { PUBLIC_EVENT_TYPES, PUBLIC_EVENTS, type PublicEventType } from './public-event.js';

const GROUPS = [...new Set(PUBLIC_EVENT_TYPES.map((type) => `${type.slice(0, type.indexOf('.'))}.*`))];

/** Everything that an endpoint's filter may contain: exact types, groups of types, or all. */
export const EVENT_FILTERS: readonly string[] = ['*', ...GROUPS, ...PUBLIC_EVENT_TYPES];

export function matchesFilter(filters: readonly string[], type: string): boolean {
  const group = `${type.slice(0, type.indexOf('.'))}.*`;
  return filters.some((filter) => filter === '*' || filter === group || filter === type);
}

/** The timeline types that can cause an event that these filters accept. */
export function trailTypesFor(filters: readonly string[]): string[] {
  const wanted = PUBLIC_EVENT_TYPES.filter((type: PublicEventType) => matchesFilter(filters, type));
  return [...new Set(wanted.flatMap((type) => PUBLIC_EVENTS[type]))].sort();
}
