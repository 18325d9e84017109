export { processOrder } from './process-order.js';
