import type { ErrorPage } from './error-page.js';

/** Problems of checkouts, orders and the catalog. */
export const ORDER_PAGES = {
  'order-conflict': {
    meaning:
      'An order with this `order_id` (or from this `Idempotency-Key`) already exists, and its checkout was different: the customer, items, currency, payment, total or metadata differ. That order is unchanged; `order` is its address.',
    action: 'If this is a retry, send exactly the same checkout. If it is a new order, give it a new `order_id`.',
    retry: 'never',
    example: {
      detail: 'An order with this id was accepted with different contents. Use a new order_id for a new checkout.',
      instance: '/v1/orders',
      order: '/v1/orders/order-1001',
    },
  },
  'price-changed': {
    meaning: 'The `total_minor` of the checkout differs from the current prices in the catalog. No order was created.',
    action: 'Show the customer the new total, which is in `total_minor`, and send the checkout again with it.',
    retry: 'changed',
    example: {
      detail: 'total_minor was 3900, but these items now cost 4200.',
      instance: '/v1/orders',
      total_minor: 4200,
    },
  },
  'idempotency-conflict': {
    meaning:
      'This `Idempotency-Key` was used before: for the same resource with a different body, or for a checkout with a different `order_id`, which `order` names.',
    action: 'Use a new key for a new request, and the same body for the same request.',
    retry: 'never',
    example: {
      detail: 'This Idempotency-Key was used for a different refund of this order. Use a new key for a new refund.',
      instance: '/v1/orders/order-1001/refunds',
    },
  },
  'not-cancellable': {
    meaning:
      'The order is completed or failed, or has begun to ship and is still `confirmed`; `order_status` says which.',
    action: 'An order that has shipped can be refunded.',
    retry: 'never',
    example: {
      detail: 'Order order-1001 is completed; an order in this status cannot be cancelled.',
      instance: '/v1/orders/order-1001/cancel',
      order_status: 'completed',
    },
  },
  'not-changeable': {
    meaning:
      'Addresses, phone and metadata of an order can be changed while it goes on and nothing of it has shipped. Items, adjustments, currency, customer and payment never change: they are what the customer agreed to pay for.',
    action:
      'Cancel the order with `POST` to `cancel`, which refunds what was paid, and place a new order with a new `order_id`. Of an order that has shipped, return items with a refund instead.',
    retry: 'never',
    example: {
      detail:
        'items of order order-1001 cannot be changed. Cancel the order and place a new one with a new order_id instead.',
      instance: '/v1/orders/order-1001',
      cancel: '/v1/orders/order-1001/cancel',
      errors: [{ pointer: '/items', detail: 'cannot be changed' }],
    },
  },
  'exceeds-unshipped': {
    meaning:
      'The fulfillment has more units of an item than the order has left to ship, or an item that it does not have.',
    action:
      'Read the order: its `items`, and the parcels that it lists, say what is left. Without `items`, all of that is shipped.',
    retry: 'changed',
    example: {
      detail: 'Not shipped yet: 1 of product-A. Send items with these quantities at most.',
      instance: '/v1/orders/order-1001/fulfilments',
      order_status: 'confirmed',
    },
  },
  'not-refundable': {
    meaning: 'The order has no payment that a refund could return, or it is being cancelled.',
    action: 'Read the order: `order_status` and its payment say why. Cancel an unpaid order instead.',
    retry: 'changed',
    example: {
      detail: 'Order order-1001 is pending; only confirmed and completed orders can be refunded.',
      instance: '/v1/orders/order-1001/refunds',
      order_status: 'pending',
    },
  },
  'refund-exceeds-captured': {
    meaning: 'Together with earlier refunds, this refund would exceed what was captured.',
    action: 'Refund `max_refundable_minor` or less.',
    retry: 'changed',
    example: {
      detail: "At most 500 of this order's payment can be refunded, in minor units of EUR.",
      instance: '/v1/orders/order-1001/refunds',
      max_refundable_minor: 500,
    },
  },
  'restock-needs-full-refund': {
    meaning:
      'The refund has `restock`, which returns all goods of the order to the stock, but it is not for all the money that is left. Goods cannot be returned line by line.',
    action:
      'Omit `amount_minor`, or send `max_refundable_minor`: then all of the money goes back with the goods. Without `restock`, any amount can be refunded; add returned goods with a stock adjustment.',
    retry: 'changed',
    example: {
      detail: 'With restock, the refund must be all that is left of the payment: 9999, in minor units of EUR.',
      instance: '/v1/orders/order-1001/refunds',
      max_refundable_minor: 9999,
      errors: [{ pointer: '/amount_minor', detail: 'must be 9999, or omitted, with restock' }],
    },
  },
  'goods-returned': {
    meaning:
      'The goods of the order are back in stock, or the refund `refund_id` will return them. They cannot be shipped, and they cannot be returned a second time.',
    action:
      'For a fulfillment: cancel the order, which refunds the rest of the money. If that refund failed and should not be redriven, discard its dead letter, then fulfill the order. For a refund: send it without `restock`.',
    retry: 'changed',
    example: {
      detail: 'The goods of order order-1001 are returned by refund rf_x7Qk; they cannot be shipped.',
      instance: '/v1/orders/order-1001/fulfilment',
      order_status: 'confirmed',
      refund_id: 'rf_x7Qk',
    },
  },
  'not-fulfillable': {
    meaning: 'Only a confirmed order can be fulfilled; `order_status` is the current status.',
    action: 'Wait until it is `confirmed`.',
    retry: 'changed',
    example: {
      detail: 'Order order-1001 is pending; only a confirmed order can be fulfilled.',
      instance: '/v1/orders/order-1001/fulfilment',
      order_status: 'pending',
    },
  },
  'not-in-review': {
    meaning: 'The order is not waiting for a decision: no check asked for one, or its deadline has passed.',
    action: 'Read the order; only orders with the status `in_review` can be decided.',
    retry: 'never',
    example: {
      detail: 'Order order-1001 is confirmed.',
      instance: '/v1/orders/order-1001/review',
      order_status: 'confirmed',
    },
  },
  'review-conflict': {
    meaning: 'Someone already decided the other way. The first decision counts.',
    action: 'Read `decision`. Cancel an order that was approved by mistake; place a rejected one again.',
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
    action: 'Remove less, or cancel orders first. `on_hand` and `reserved` are the current numbers.',
    retry: 'changed',
    example: {
      detail: '5 of "product-A" are on hand and 3 of them are reserved.',
      instance: '/v1/products/product-A/stock-adjustments',
      on_hand: 5,
      reserved: 3,
    },
  },
  'product-exists': {
    meaning: 'A product with this SKU already exists, and it differs from the one that was sent.',
    action: 'Change it with `PATCH`, at the address in `product`, or use another SKU.',
    retry: 'never',
    example: {
      detail: 'Product "product-A" already exists. Change it with PATCH.',
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
    meaning: 'The version in `If-Match` is not the current one: someone has changed the resource since you read it.',
    action: 'Read it again, and send the change with the new `ETag` if it still applies.',
    retry: 'changed',
    example: {
      detail: 'The current version is 4. Read it again, and send your change with its new ETag.',
      instance: '/v1/products/product-A',
      version: 4,
    },
  },
  'too-many-streams': {
    meaning: 'This server has as many open streams as it can serve (`MAX_STREAMS`).',
    action: 'Poll the order instead, or try again later.',
    retry: 'later',
    example: {
      detail: 'This server has as many open streams as it can serve. Try again later, or read /v1/orders/order-1001.',
      instance: '/v1/orders/order-1001/stream',
    },
  },
  'order-interrupted': {
    meaning:
      'The run that worked on the order was ended from outside, and its recovery has not started yet. Nothing is lost: the audit will start it.',
    action: 'Wait. If it persists, the operator should check the audit.',
    retry: 'later',
    example: {
      detail: 'The run of order order-1001 was interrupted and is being recovered. Send this again later.',
      instance: '/v1/orders/order-1001/cancel',
      order_status: 'reserved',
    },
  },
} as const satisfies Record<string, ErrorPage>;
