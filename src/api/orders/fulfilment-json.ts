import { z } from '@hono/zod-openapi';
import type { Fulfilment } from '../../domain/fulfilment.js';
import { timestamp } from '../requests/fields.js';

export const FULFILMENT_EXAMPLE = {
  id: 'ff_Zk3vQ0b6nS8t1mPq',
  items: [{ sku: 'product-A', quantity: 1 }],
  carrier: 'DHL',
  tracking_number: '00340434161094015902',
  tracking_url: null,
  created_at: '2026-11-02T07:00:00.000Z',
};

export const fulfilmentJsonSchema = z
  .object({
    id: z.string(),
    items: z.array(z.object({ sku: z.string(), quantity: z.int().min(1) })),
    carrier: z.string().nullable(),
    tracking_number: z.string().nullable(),
    tracking_url: z.string().nullable(),
    created_at: timestamp,
  })
  .openapi('Fulfilment', { example: FULFILMENT_EXAMPLE });

export function fulfilmentJson(fulfilment: Fulfilment): z.infer<typeof fulfilmentJsonSchema> {
  const { id, items, carrier, trackingNumber, trackingUrl, createdAt } = fulfilment;
  return { id, items, carrier, tracking_number: trackingNumber, tracking_url: trackingUrl, created_at: createdAt };
}
