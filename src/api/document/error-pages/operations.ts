import type { ErrorPage } from './error-page.js';

/** Of dead letters, webhooks, and the server itself. */
export const OPERATION_PAGES = {
  'invalid-signature': {
    meaning:
      'A message to `/webhooks/payments/…` is not signed with a secret that is valid now, or its time is more than five minutes from ours. Nothing was stored, and nothing in it was read.',
    action: 'Compare the secrets on both sides and the clocks. Check that no proxy changes the body.',
    retry: 'changed',
    example: {
      detail: 'The signature is missing, wrong or too old. Nothing was stored.',
      instance: '/webhooks/payments/sandbox',
    },
  },
  'invalid-event': {
    meaning:
      'The signature of a message to `/webhooks/payments/…` holds, so the gateway sent it; but it is no event: not JSON, a field is missing or too long, or its `id` is not that of the header `webhook-id`. Nothing was stored. What happened to the payment is still found out, by looking it up.',
    action: 'Look whether the gateway changed its format. The secrets are right.',
    retry: 'never',
    example: {
      detail:
        'The signature holds, but the body is not an event: not JSON, a field is missing, or its id is not webhook-id. Nothing was stored.',
      instance: '/webhooks/payments/sandbox',
    },
  },
  'not-redrivable': {
    meaning: 'The dead letter is not open any more, or what it is about cannot be sent through again as it stands.',
    action: 'Read the dead letter and its order; `detail` says what stands against it.',
    retry: 'never',
    example: {
      detail: 'This dead letter is redriving.',
      instance: '/v1/dead-letters/dl_1/redrive',
      state: 'redriving',
    },
  },
  'not-open': {
    meaning: 'Somebody dealt with the dead letter before, or it resolved itself. `state` says what it is.',
    action: 'Nothing. Read the dead letter if in doubt.',
    retry: 'never',
    example: {
      detail: 'This dead letter is resolved.',
      instance: '/v1/dead-letters/dl_1/discard',
      state: 'resolved',
    },
  },
  'no-evidence-wanted': {
    meaning:
      'Evidence settles an unknown charge, or a refund that is unknown or failed. This dead letter is about something else, see `kind`, or its refund is being sent just now: `detail` says which.',
    action: 'Redrive or discard it; or wait for what becomes of the refund.',
    retry: 'changed',
    example: {
      detail: 'This dead letter is of the kind charge.',
      instance: '/v1/dead-letters/dl_1/evidence',
      kind: 'charge',
    },
  },
  'evidence-conflict': {
    meaning: 'The first evidence counts, and this contradicts it; `outcome` is what was said first.',
    action:
      'Nothing, if that is right. If it is not: a refund can be sent again by its redrive when it is failed, and a charge that was taken after all is found by its event or the audit, and goes back.',
    retry: 'never',
    example: {
      detail: 'Somebody has said before that it was charged.',
      instance: '/v1/dead-letters/dl_1/evidence',
      outcome: 'charged',
    },
  },
  unsettled: {
    meaning: 'Money or stock depends on this dead letter: discarding it would leave it so for ever.',
    action: 'Redrive it, or give evidence; `detail` says what is open.',
    retry: 'changed',
    example: {
      detail: 'The charge order-1001:charge:1 is unknown.',
      instance: '/v1/dead-letters/dl_1/discard',
    },
  },
  'endpoint-exists': {
    meaning: 'Another webhook endpoint has this URL.',
    action: 'Change that one, or delete it first.',
    retry: 'changed',
    example: {
      detail: 'Another endpoint has this URL. Change that one, or delete it first.',
      instance: '/v1/webhook-endpoints',
    },
  },
  'too-many-endpoints': {
    meaning: 'There are as many webhook endpoints as there may be.',
    action: 'Delete one that is not needed.',
    retry: 'changed',
    example: { detail: 'There are 100 endpoints already. Delete one first.', instance: '/v1/webhook-endpoints' },
  },
  'secret-rotating': {
    meaning: 'Two secrets of this endpoint sign already; a third would make the receiver guess.',
    action: 'Retire the old secret, or wait until it has retired itself.',
    retry: 'later',
    example: {
      detail: 'Two secrets sign already. DELETE …/secrets/old first, or wait.',
      instance: '/v1/webhook-endpoints/we_1/secrets',
    },
  },
  'endpoint-disabled': {
    meaning: 'The webhook endpoint is disabled or deleted, so nothing is sent to it.',
    action: 'Enable it first with `PATCH` and `{"state":"enabled"}`.',
    retry: 'changed',
    example: {
      detail: 'The endpoint of this delivery is disabled.',
      instance: '/v1/webhook-deliveries/wd_1/replay',
    },
  },
  'recovery-running': {
    meaning: 'An earlier recovery of this endpoint is still resending events. A second one would send them twice.',
    action: 'Wait until `GET /v1/webhook-endpoints/{id}/recover` shows `finished_at`.',
    retry: 'later',
    example: {
      detail: 'This endpoint is being recovered since 2026-03-09T12:00:00.000Z. Wait until that is finished.',
      instance: '/v1/webhook-endpoints/we_1/recover',
    },
  },
  'rate-limited': {
    meaning: 'This API key or customer sent more checkouts than allowed in this window. Nothing was accepted.',
    action: 'Slow down; `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` say how the counter stands.',
    retry: 'later',
    example: {
      detail: 'This customer may send 10 checkouts in 60 s. Nothing was accepted.',
      instance: '/v1/orders',
    },
  },
  overloaded: {
    meaning:
      'The server has as much to do as it can finish in time, and refuses new work before doing any of it. A burst of checkouts waits for some seconds first.',
    action: 'Send it again after `Retry-After`. Operators: add API processes or workers.',
    retry: 'later',
    example: { detail: 'Too many requests are worked on. Nothing was done; try later.', instance: '/v1/orders' },
  },
  unavailable: {
    meaning:
      'A part that this request needs is unavailable or too slow. `dependency` names it: `database`, `temporal`, or `worker` when no worker answered in time. The request may have got through all the same.',
    action: 'Send it again with the same `order_id` or `Idempotency-Key`. Operators: `/readyz` on the internal port.',
    retry: 'safe',
    example: {
      detail:
        'The workflow engine is unavailable. Whether or not this request got through, sending it again with the same order_id or Idempotency-Key is safe.',
      instance: '/v1/orders',
      dependency: 'temporal',
    },
  },
  'internal-error': {
    meaning: 'A fault of the server. It was logged with this `request_id`; what it was is not told outside.',
    action: 'Send it again. If it stays, give the operator the `request_id`.',
    retry: 'safe',
    example: { detail: 'The fault was logged under this request_id. Trying again is safe.', instance: '/v1/orders' },
  },
} as const satisfies Record<string, ErrorPage>;
