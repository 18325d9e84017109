import type { ErrorPage } from './error-page.js';

/** Of checkouts, orders and the catalogue. */
export const ORDER_PAGES = {
  'order-conflict': {
    meaning:
      'There is an order with this `order_id` (or from this `Idempotency-Key`), and its checkout was another one: the customer, items, currency, payment, total or metadata differ. That order stays as it is; `order` is its address.',
    action: 'If you sent it again: send exactly the same checkout. If it is a new order: give it a new `order_id`.',
    retry: 'never',
    example: {
      detail: 'An order with this id was accepted with other contents. Use a new order_id for a new checkout.',
      instance: '/v1/orders',
      order: '/v1/orders/order-1001',
    },
  },
  'price-changed': {
    meaning: 'The `total_minor` of the checkout is not what the catalogue says now. No order was made.',
    action: 'Show the customer the new total, which is in `total_minor`, and send the checkout again with it.',
    retry: 'changed',
    example: {
      detail: 'total_minor was 3900, but these items cost 4200 now.',
      instance: '/v1/orders',
      total_minor: 4200,
    },
  },
  'idempotency-conflict': {
    meaning:
      'This `Idempotency-Key` was used before: for the same resource with another body, or for a checkout with another `order_id`, which `order` names.',
    action: 'Use a new key for a new request, and the same body for the same request.',
    retry: 'never',
    example: {
      detail: 'This Idempotency-Key was used for another refund of this order. Use a new key for a new refund.',
      instance: '/v1/orders/order-1001/refunds',
    },
  },
  'not-cancellable': {
    meaning: 'The order is completed or failed; `order_status` says which. There is nothing left to cancel.',
    action: 'A completed order can be refunded.',
    retry: 'never',
    example: {
      detail: 'Order order-1001 is completed; an order in this status cannot be cancelled.',
      instance: '/v1/orders/order-1001/cancel',
      order_status: 'completed',
    },
  },
  'not-refundable': {
    meaning: 'No money of this order is held that a refund could give back, or the order is being cancelled.',
    action: 'Read the order: `order_status` and its payment say why. An unpaid order is cancelled instead.',
    retry: 'changed',
    example: {
      detail: 'Order order-1001 is pending; only confirmed and completed orders can be refunded.',
      instance: '/v1/orders/order-1001/refunds',
      order_status: 'pending',
    },
  },
  'refund-exceeds-captured': {
    meaning: 'The refund, with those before it, would be more than what was captured.',
    action: 'Refund `max_refundable_minor` or less.',
    retry: 'changed',
    example: {
      detail: "Of this order's payment 500 can be refunded, in minor units of EUR.",
      instance: '/v1/orders/order-1001/refunds',
      max_refundable_minor: 500,
    },
  },
  'restock-needs-full-refund': {
    meaning:
      'The refund asks for `restock`, which puts all goods of the order back on the shelf, and leaves money of the payment with you. Goods do not come back line by line.',
    action:
      'Leave `amount_minor` out, or send `max_refundable_minor`: then all of the money goes back with the goods. Without `restock` any part can be refunded; what of its goods came back is counted in with a stock adjustment.',
    retry: 'changed',
    example: {
      detail: 'With restock all that is left of the payment goes back: 9999, in minor units of EUR.',
      instance: '/v1/orders/order-1001/refunds',
      max_refundable_minor: 9999,
      errors: [{ pointer: '/amount_minor', detail: 'must be 9999, or left out, with restock' }],
    },
  },
  'goods-returned': {
    meaning:
      'The goods of the order are on the shelf again, or `refund_id` is to put them there. They cannot be shipped, and they do not come back a second time.',
    action:
      'To a fulfilment: cancel the order, which gives back what is left of the money. If that refund failed and is not to be redriven, discard its dead letter, and fulfil the order then. To a refund: send it without `restock`.',
    retry: 'changed',
    example: {
      detail: 'The goods of order order-1001 come back with refund rf_x7Qk; they cannot be shipped.',
      instance: '/v1/orders/order-1001/fulfilment',
      order_status: 'confirmed',
      refund_id: 'rf_x7Qk',
    },
  },
  'not-fulfillable': {
    meaning: 'Only a confirmed order can be fulfilled; `order_status` is what it is.',
    action: 'Wait until it is `confirmed`, or leave it.',
    retry: 'changed',
    example: {
      detail: 'Order order-1001 is pending; only a confirmed order can be fulfilled.',
      instance: '/v1/orders/order-1001/fulfilment',
      order_status: 'pending',
    },
  },
  'not-in-review': {
    meaning: 'The order waits for no decision: no check wanted one, or its time for it is over.',
    action: 'Read the order; decide about those with the status `in_review`.',
    retry: 'never',
    example: {
      detail: 'Order order-1001 is confirmed.',
      instance: '/v1/orders/order-1001/review',
      order_status: 'confirmed',
    },
  },
  'review-conflict': {
    meaning: 'Somebody decided the other way before. The first decision holds.',
    action: 'Read `decision`. Cancel an order that was approved by mistake; send a rejected one anew.',
    retry: 'never',
    example: {
      detail: 'Order order-1001 was approved.',
      instance: '/v1/orders/order-1001/review',
      decision: 'approve',
      order_status: 'confirmed',
    },
  },
  'stock-below-reserved': {
    meaning: 'The adjustment would leave less on hand than open orders have reserved.',
    action: 'Take away less, or cancel orders first. `on_hand` and `reserved` are the numbers now.',
    retry: 'changed',
    example: {
      detail: '5 of "product-A" are on hand and 3 of them are reserved.',
      instance: '/v1/products/product-A/stock-adjustments',
      on_hand: 5,
      reserved: 3,
    },
  },
  'product-exists': {
    meaning: 'There is a product with this SKU, and it is not the one that was sent.',
    action: 'Change that one with `PATCH`, at the address in `product`, or take another SKU.',
    retry: 'never',
    example: {
      detail: 'There is a product "product-A". Change it with PATCH.',
      instance: '/v1/products',
      product: '/v1/products/product-A',
    },
  },
  'product-reserved': {
    meaning: 'Open orders hold stock of the product, so it cannot be deleted yet.',
    action: 'Stop its sale, and delete it when `reserved` is 0.',
    retry: 'later',
    example: {
      detail: 'Open orders hold 3 of "product-A". Set "active" to false to stop its sale until they have ended.',
      instance: '/v1/products/product-A',
      reserved: 3,
    },
  },
  'precondition-failed': {
    meaning: 'The version in `If-Match` is not the current one: somebody changed it since you read it.',
    action: 'Read it again, decide again, and send the change with the new `ETag`.',
    retry: 'changed',
    example: {
      detail: 'It is at version 4 now. Read it again, and send what you still want with its new ETag.',
      instance: '/v1/products/product-A',
      version: 4,
    },
  },
  'too-many-streams': {
    meaning: 'This server follows as many orders as it can (`MAX_STREAMS`).',
    action: 'Read the order now and then instead, or ask again later.',
    retry: 'later',
    example: {
      detail: 'This server follows as many orders as it can. Ask again, or read /v1/orders/order-1001.',
      instance: '/v1/orders/order-1001/stream',
    },
  },
  'order-interrupted': {
    meaning:
      'The run that worked on the order was ended from outside, and its recovery has not started yet. Nothing is lost: the audit starts it.',
    action: 'Wait. If it lasts, the operator should look at the audit.',
    retry: 'later',
    example: {
      detail: 'The run of order order-1001 was interrupted and is being recovered. Send this again later.',
      instance: '/v1/orders/order-1001/cancel',
      order_status: 'reserved',
    },
  },
} as const satisfies Record<string, ErrorPage>;
