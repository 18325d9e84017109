/** The transitions of the reservation of one order line. It becomes active again only if a redrive reserves again. */
export const RESERVATION_TRANSITIONS = {
  active: ['committed', 'released', 'expired'],
  committed: ['restocked'],
  released: ['active'],
  expired: ['active'],
  restocked: ['active'],
} as const satisfies Record<string, readonly string[]>;

export type ReservationState = keyof typeof RESERVATION_TRANSITIONS;
