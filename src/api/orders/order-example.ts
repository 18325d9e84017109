export const REFUND_EXAMPLE = {
  id: 'rf_Zk3vQ0b6nS8t1mPq',
  amount_minor: 500,
  state: 'succeeded',
  reason: 'arrived scratched',
  restock: false,
  reference: 're_3PqK',
  created_at: '2026-11-02T08:00:00.000Z',
  updated_at: '2026-11-02T08:00:00.120Z',
};

/** One order, as the API's document shows it. */
export const ORDER_EXAMPLE = {
  id: 'order-1001',
  status: 'confirmed',
  customer_id: 'customer-7',
  customer_email: 'ada@example.com',
  currency: 'EUR',
  total_minor: 4488,
  items: [{ sku: 'product-A', name: 'Notebook', quantity: 2, unit_price_minor: 1999 }],
  adjustments: [{ type: 'shipping', label: 'Standard shipping', amount_minor: 490, sku: null }],
  payment: {
    method: 'pm_ok',
    state: 'partially_refunded',
    captured_minor: 4488,
    refunded_minor: 500,
    attempts: [
      {
        attempt: 1,
        state: 'captured',
        tries: 1,
        amount_minor: 4488,
        captured_minor: 4488,
        reference: 'ch_3PqK',
        decline_code: null,
        created_at: '2026-11-01T09:30:00.020Z',
        updated_at: '2026-11-01T09:30:00.090Z',
      },
    ],
  },
  refunds: [REFUND_EXAMPLE],
  failure: null,
  cancel_requested: false,
  cancel_reason: null,
  waiting: null,
  actions: ['cancel', 'refund', 'fulfill'],
  dead_letters: [],
  metadata: { cart: '4711' },
  version: 3,
  created_at: '2026-11-01T09:30:00.000Z',
  updated_at: '2026-11-01T09:30:00.090Z',
  links: {
    self: '/v1/orders/order-1001',
    events: '/v1/orders/order-1001/events',
    stream: '/v1/orders/order-1001/stream',
    workflows: [
      { id: 'order-order-1001', url: 'http://localhost:8233/namespaces/default/workflows/order-order-1001' },
      {
        id: 'refund-rf_Zk3vQ0b6nS8t1mPq',
        url: 'http://localhost:8233/namespaces/default/workflows/refund-rf_Zk3vQ0b6nS8t1mPq',
      },
    ],
  },
};
