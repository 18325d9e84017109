import type { AppOptions } from '../../api/app.js';
import { createSessionStore } from '../../adapters/postgres/console-sessions.js';
import type { Database } from '../../adapters/postgres/pool.js';
import type { KeyVerifier } from '../../api/access/key-verifier.js';
import { adjustStock } from '../../api/catalog/stock.js';
import {
  discardDeadLetter,
  noDeadLetter,
  redriveDeadLetter,
  sendEvidence,
} from '../../api/dead-letters/dead-letter-actions.js';
import { findOrder } from '../../api/orders/accept-checkout.js';
import { cancelOrder } from '../../api/orders/order-cancel.js';
import { fulfillOrder } from '../../api/orders/order-fulfillment.js';
import { refundOrder } from '../../api/orders/order-refunds.js';
import { reviewOrder } from '../../api/orders/order-review.js';
import { Problem } from '../../api/requests/problems.js';
import { resendDelivery } from '../../api/webhooks/webhook-deliveries.js';
import { createConsole } from '../../console/console.js';
import type { ConsoleActions, Refused } from '../../console/ports.js';

export interface ConsoleWiring {
  options: AppOptions;
  verifier: KeyVerifier;
  database: Database;
}

/** The console over what the API's routes use. */
export function consoleOver({ options, verifier, database }: ConsoleWiring) {
  return createConsole({
    ...options,
    verifier,
    sessions: createSessionStore(database),
    findOrder: (orderId) => findOrder(options, orderId),
    actions: actionsOver(options),
  });
}

function actionsOver(options: AppOptions): ConsoleActions {
  const letterOf = async (id: string) => {
    const letter = await options.deadLetters.find(id);
    if (letter === undefined) throw noDeadLetter(id);
    return letter;
  };
  return {
    cancel: (orderId, reason, actor) => orRefused(cancelOrder(options, { orderId, reason, actor })),
    refund: (orderId, { key, amountMinor, reason, restock }, actor) => {
      const amount = amountMinor === undefined ? {} : { amount_minor: amountMinor };
      return orRefused(refundOrder(options, { orderId, key, actor, ...amount, reason, restock }));
    },
    fulfill: (orderId, actor) => orRefused(fulfillOrder(options, orderId, actor)),
    review: (orderId, decision, actor) => orRefused(reviewOrder(options, orderId, { decision, actor })),
    redrive: (id, actor) => orRefused(letterOf(id).then((letter) => redriveDeadLetter(options, letter, actor))),
    discard: (id, note, actor) => orRefused(discardDeadLetter(options.deadLetters, id, note, actor)),
    giveEvidence: (id, { happened, reference, note }, actor) =>
      orRefused(
        letterOf(id).then((letter) => {
          const about = letter.kind === 'refund' ? 'refunded' : 'charged';
          const said = happened
            ? ({ outcome: about, reference, note } as const)
            : ({ outcome: `not_${about}`, reference, note } as const);
          return sendEvidence(options, letter, { ...said, actor });
        }),
      ),
    adjustStock: (sku, { delta, reason, key }, actor) =>
      orRefused(adjustStock(options.stock, { sku, delta, reason, idempotencyKey: key, actor })),
    resend: (deliveryId) => orRefused(resendDelivery(options.webhookDeliveries, deliveryId)),
  };
}

async function orRefused(asked: Promise<unknown>): Promise<Refused> {
  try {
    await asked;
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error.message;
    throw error;
  }
}
