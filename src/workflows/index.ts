export { auditBooks } from './audit-books.js';
export { cancelSettledOrder } from './cancel-settled-order.js';
export { deliverEvent } from './deliver-event.js';
export { fulfilOrder } from './fulfil-order.js';
export { processGatewayEvent } from './process-gateway-event.js';
export { processOrder } from './process-order.js';
export { recoverOrder } from './recover-order.js';
export { refundOrder } from './refund-order.js';
