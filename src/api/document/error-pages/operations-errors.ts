import type { ErrorPage } from './error-page.js';

/** Problems of dead letters, webhooks, and the server itself. */
export const OPERATION_PAGES = {
  'invalid-signature': {
    meaning:
      'An event sent to `/webhooks/payments/…` is not signed with a currently valid secret, or its time differs from ours by more than five minutes. It was not read or stored.',
    action: 'Compare the secrets and the clocks on both sides. Check that no proxy changes the body.',
    retry: 'changed',
    example: {
      detail: 'The signature is missing, wrong or too old. Nothing was stored.',
      instance: '/webhooks/payments/sandbox',
    },
  },
  'invalid-event': {
    meaning:
      'The signature of a message sent to `/webhooks/payments/…` is valid, so it comes from the gateway; but the message is not an event: it is not JSON, a field is missing or too long, or its `id` differs from the header `webhook-id`. Nothing was stored. The outcome of the payment will still be looked up.',
    action: 'Check whether the gateway changed its format. The secrets are correct.',
    retry: 'never',
    example: {
      detail:
        'The signature is valid, but the body is not an event: not JSON, a field is missing, or its id is not webhook-id. Nothing was stored.',
      instance: '/webhooks/payments/sandbox',
    },
  },
  'not-redrivable': {
    meaning: 'The dead letter is no longer open, or the state of its order does not allow a redrive.',
    action: 'Read the dead letter and its order; `detail` gives the reason.',
    retry: 'never',
    example: {
      detail: 'This dead letter is redriving.',
      instance: '/v1/dead-letters/dl_1/redrive',
      state: 'redriving',
    },
  },
  'not-open': {
    meaning: 'Someone has already handled the dead letter, or it resolved itself. `state` is its current state.',
    action: 'Nothing. If in doubt, read the dead letter.',
    retry: 'never',
    example: {
      detail: 'This dead letter is resolved.',
      instance: '/v1/dead-letters/dl_1/discard',
      state: 'resolved',
    },
  },
  'no-evidence-wanted': {
    meaning:
      'Evidence settles an unknown charge, or a refund that is unknown or failed. This dead letter is about something else (see `kind`), or its refund is currently being sent: `detail` says which.',
    action: 'Redrive or discard it, or wait for the outcome of the refund.',
    retry: 'changed',
    example: {
      detail: 'This dead letter is of the kind charge.',
      instance: '/v1/dead-letters/dl_1/evidence',
      kind: 'charge',
    },
  },
  'evidence-conflict': {
    meaning: 'The first evidence counts, and this contradicts it; `outcome` is the first one.',
    action:
      'Nothing, if the first evidence is right. If it is wrong: a failed refund can be sent again by a redrive, and a charge that was captured after all is found by its event or the audit, and refunded.',
    retry: 'never',
    example: {
      detail: 'Earlier evidence says that it was charged.',
      instance: '/v1/dead-letters/dl_1/evidence',
      outcome: 'charged',
    },
  },
  unsettled: {
    meaning: 'Money or stock depends on this dead letter: discarding it would leave that unsettled.',
    action: 'Redrive it, or provide evidence; `detail` says what is open.',
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
    meaning: 'The maximum number of webhook endpoints is reached.',
    action: 'Delete one that is not needed.',
    retry: 'changed',
    example: { detail: 'There are 50 endpoints already. Delete one first.', instance: '/v1/webhook-endpoints' },
  },
  'secret-rotating': {
    meaning: 'Two secrets of this endpoint are signing already; a third would make the receiver guess.',
    action: 'Delete the old secret, or wait until it expires.',
    retry: 'later',
    example: {
      detail: 'Two secrets are signing already. DELETE …/secrets/old first, or wait.',
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
      detail: 'This endpoint has been recovering since 2026-03-09T12:00:00.000Z. Wait until that is finished.',
      instance: '/v1/webhook-endpoints/we_1/recover',
    },
  },
  'rate-limited': {
    meaning: 'This API key or customer sent more checkouts than one window allows. Nothing was accepted.',
    action: 'Slow down; `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` show the state of the counter.',
    retry: 'later',
    example: {
      detail: 'This customer may send 10 checkouts in 60 s. Nothing was accepted.',
      instance: '/v1/orders',
    },
  },
  overloaded: {
    meaning:
      'The server has as much work as it can finish in time, and refuses new work before it does any of it. A burst of checkouts waits for some seconds first.',
    action: 'Send it again after `Retry-After`. Operators: add API processes or workers.',
    retry: 'later',
    example: {
      detail: 'Too many requests are in progress. Nothing was done; try again later.',
      instance: '/v1/orders',
    },
  },
  unavailable: {
    meaning:
      'A dependency of this request is unavailable or too slow. `dependency` names it: `database`, `temporal`, or `worker` if no worker answered in time. The request may have succeeded nevertheless.',
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
    meaning: 'A fault in the server. It was logged with this `request_id`; the answer does not say what it was.',
    action: 'Send it again. If it persists, give the `request_id` to the operator.',
    retry: 'safe',
    example: { detail: 'The fault was logged under this request_id. Trying again is safe.', instance: '/v1/orders' },
  },
} as const satisfies Record<string, ErrorPage>;
