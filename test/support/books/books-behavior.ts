import { afterEach } from '@jest/globals';
import type { Books } from './books.js';
import { describeCharges } from './charge-behavior.js';
import { describeClaims } from './claim-behavior.js';
import { describeDesk } from './desk-behavior.js';
import { describeFulfilments } from './fulfilment-behavior.js';
import { describeOrders } from './order-behavior.js';
import { describeRefundAnswers } from './refund-answer-behavior.js';
import { describeRefunds } from './refund-behavior.js';
import { describeStandings } from './standing-behavior.js';
import { describeStock } from './stock-behavior.js';

/** The rules of a shop's books. Whatever keeps them, in SQL or in memory, keeps all of these. */
export function describeBooks(books: () => Books): void {
  afterEach(() => books().settling(false));
  for (const behavior of [
    describeStock,
    describeClaims,
    describeCharges,
    describeStandings,
    describeOrders,
    describeFulfilments,
    describeRefunds,
    describeRefundAnswers,
    describeDesk,
  ])
    behavior(books);
}
