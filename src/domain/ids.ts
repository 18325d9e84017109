/** What an order id may be: safe in URLs, workflow ids, log lines and visibility queries. */
export const ORDER_ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** The idempotency key of one charge attempt. The number comes from the database; it is never remembered or random. */
export function chargeKey(orderId: string, attempt: number): string {
  return `${chargeKeyPrefix(orderId)}${attempt}`;
}

/** For SQL that numbers an attempt and builds its key in one statement. */
export function chargeKeyPrefix(orderId: string): string {
  return `${orderId}:charge:`;
}

/** The key of the refund of one charge attempt when its order is undone. */
export function undoRefundKey(orderId: string, attempt: number): string {
  return `${chargeKey(orderId, attempt)}:undo`;
}

const UNDO = 'undo-';

/** The id of the refund of one charge attempt when its order is undone. */
export function undoRefundId(orderId: string, attempt: number): string {
  return `${UNDO}${orderId}-${attempt}`;
}

/** False for a requested refund: it has a workflow of its own. */
export function isUndoRefundId(refundId: string): boolean {
  return refundId.startsWith(UNDO);
}
