// The workflows that workers run, one file each, and `contract.ts`, with everything that callers need.
// Their parts: `steps` (what an order goes through), `retrying`, `messages` (signals and updates), `telemetry`.
// Never I/O, the machine's clock or anything else that differs in a replay.

export { amendOrder } from './amend-order.js';
export { auditBooks } from './audit-books.js';
export { cancelSettledOrder } from './cancel-settled-order.js';
export { deliverEvent } from './deliver-event.js';
export { fulfilOrder } from './fulfil-order.js';
export { processGatewayEvent } from './process-gateway-event.js';
export { processOrder } from './process-order.js';
export { recoverOrder } from './recover-order.js';
export { refundOrder } from './refund-order.js';
export { sendNotice } from './send-notice.js';
