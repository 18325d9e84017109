import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import { NOTICE_EVENTS, NOTICE_STATES, type NoticeRecord } from '../../domain/notice.js';
import { answer } from '../requests/answers.js';
import { existingOrder, type OrderSources } from './accept-checkout.js';
import { orderIdSchema } from './order-schema.js';
import { timestamp } from '../requests/fields.js';
import { listOf, pageOf, pageQuery, placeNumber, placeOf } from '../requests/paging.js';
import { problems } from '../requests/problem-schema.js';
import { refuseInvalid } from '../requests/validation.js';

export interface NoticePlace {
  seq: number;
  channel: string;
}

/** The notices about orders. Throws `Unavailable` when the database does not answer. */
export interface OrderNotices {
  /** Those after this position, in the order of the timeline. */
  list(orderId: string, after: NoticePlace, limit: number): Promise<NoticeRecord[]>;
}

export interface NoticeOptions extends OrderSources {
  notices: OrderNotices;
}

const ABOUT = Object.values(NOTICE_EVENTS).map(({ about }) => about);

const noticeSchema = z
  .object({
    seq: z.int().min(1).openapi({ description: 'The version of the order after its event.' }),
    kind: z.enum(ABOUT),
    channel: z.string(),
    state: z.enum(NOTICE_STATES).openapi({ description: 'A `pending` one is retried automatically.' }),
    attempts: z.int().min(0),
    last_error: z.string().nullable().openapi({
      description: 'The class of the last error, or why it was skipped; never the text of a server.',
    }),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .openapi('OrderNotice', {
    example: {
      seq: 3,
      kind: 'confirmation',
      channel: 'smtp',
      state: 'pending',
      attempts: 2,
      last_error: 'SmtpFault EENVELOPE_450',
      created_at: '2026-11-01T09:30:00.090Z',
      updated_at: '2026-11-01T09:30:20.110Z',
    },
  });

const getNotices = createRoute({
  method: 'get',
  path: '/v1/orders/{id}/notices',
  tags: ['Operations'],
  operationId: 'listOrderNotices',
  summary: 'List the notices of an order',
  description: 'The notices so far, one per event and channel, without the address.',
  request: { params: z.object({ id: orderIdSchema }), query: pageQuery },
  responses: {
    200: answer('The notices, in the order of the events', listOf('OrderNoticeList', noticeSchema)),
    ...problems('not-found', 'validation-error'),
  },
});

const place = z.tuple([placeNumber, z.string().regex(/^[a-z][a-z0-9_]{0,31}$/)]);

export function createNoticeRoutes({ notices, reader, workflows }: NoticeOptions) {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });

  return app.openapi(getNotices, async (c) => {
    const { id } = c.req.valid('param');
    const { limit, cursor } = c.req.valid('query');
    const [seq, channel] = placeOf(cursor, place) ?? [0, ''];
    const found = await notices.list(id, { seq, channel }, limit + 1);
    if (found.length === 0) await existingOrder({ reader, workflows }, id);
    return c.json(pageOf(found, limit, { json: noticeJson, place: (one) => [one.seq, one.channel] }), 200);
  });
}

function noticeJson(notice: NoticeRecord): z.infer<typeof noticeSchema> {
  const { seq, about: kind, channel, state, attempts } = notice;
  const { lastError: last_error, createdAt: created_at, updatedAt: updated_at } = notice;
  return { seq, kind, channel, state, attempts, last_error, created_at, updated_at };
}
