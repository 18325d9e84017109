import { DEAD_LETTER_KINDS, DEAD_LETTER_TRANSITIONS, RUN_LETTERS } from './dead-letter.js';
import { FAILURE_REASONS, REDRIVABLE } from './failure.js';
import {
  BEING_PAID,
  BEING_UNDONE,
  CANCELLABLE,
  HOLDING_STOCK,
  isRefundable,
  ORDER_STATUSES,
  ORDER_TRANSITIONS,
  SETTLED,
} from './order.js';
import { ATTEMPT_TRANSITIONS, REFUND_TRANSITIONS } from './payment-states.js';
import { RESERVATION_TRANSITIONS } from './reservation.js';

/** All state tables, under the names that the documentation uses. */
export const STATE_TABLES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  Order: ORDER_TRANSITIONS,
  'Charge attempt': ATTEMPT_TRANSITIONS,
  Refund: REFUND_TRANSITIONS,
  'Reservation of a line': RESERVATION_TRANSITIONS,
  'Dead letter': DEAD_LETTER_TRANSITIONS,
};

/** Which states each rule applies to: its name, all states, and those that it covers. */
export const STATE_RULES = [
  {
    name: 'Order statuses',
    columns: {
      'has its answer': SETTLED,
      'may be confirmed': BEING_PAID,
      'holds stock': HOLDING_STOCK,
      'is paid, may be refunded': ORDER_STATUSES.filter(isRefundable),
      'may be cancelled': CANCELLABLE,
      'is being undone': BEING_UNDONE,
    },
    rows: ORDER_STATUSES,
  },
  {
    name: 'Reasons of failure',
    columns: { 'may be redriven': FAILURE_REASONS.filter((reason) => REDRIVABLE[reason] !== undefined) },
    rows: FAILURE_REASONS,
  },
  {
    name: 'Kinds of dead letters',
    columns: {
      'is opened by a failure': DEAD_LETTER_KINDS.filter((kind) => Object.values(REDRIVABLE).includes(kind)),
      'belongs to the run of its order': RUN_LETTERS,
    },
    rows: DEAD_LETTER_KINDS,
  },
] as const;
