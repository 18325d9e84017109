import { DEAD_LETTER_TRANSITIONS } from './dead-letter.js';
import { ORDER_TRANSITIONS } from './order.js';
import { ATTEMPT_TRANSITIONS, REFUND_TRANSITIONS } from './payment.js';
import { RESERVATION_TRANSITIONS } from './reservation.js';

/** Every state table there is, under the name that people know it by. */
export const STATE_TABLES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  Order: ORDER_TRANSITIONS,
  'Charge attempt': ATTEMPT_TRANSITIONS,
  Refund: REFUND_TRANSITIONS,
  'Reservation of a line': RESERVATION_TRANSITIONS,
  'Dead letter': DEAD_LETTER_TRANSITIONS,
};
