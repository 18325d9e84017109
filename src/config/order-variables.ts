import { z } from 'zod';
import { API, BOTH, count, form, formWithDefault, minor, ms, url, WORKER } from './kinds.js';
import { group } from './settings.js';

const NOTIFIERS = ['log', 'smtp'] as const;

/** How orders are processed. */
export const orderVariables = {
  ...group('Payment gateway', {
    GATEWAY: formWithDefault('sandbox', 'lower-case letters, digits and hyphens', isGatewayName).meta({
      usedBy: BOTH,
      description:
        "The payment gateway of payment methods that are no other one's: sandbox, stripe, or one that your own program adds. An order keeps the gateway of its first charge.",
    }),
    GATEWAY_TIMEOUT_MS: ms(4_000, 100, 12_000).meta({
      usedBy: WORKER,
      description: 'How long the payment gateway may take to answer one call.',
    }),
    GATEWAY_SETTLING_MS: ms(10_000, 0, 86_400_000).meta({
      usedBy: WORKER,
      description:
        'How long after a send its charge may still appear at the gateway; until then "not found" proves nothing.',
    }),
    BREAKER_FAILURES: count(5, 1, 1_000).meta({
      usedBy: WORKER,
      description: 'The circuit breaker of a worker opens after this many failures in a row, of at least three orders.',
    }),
    BREAKER_HALF_OPEN_MS: ms(60_000, 100, 3_600_000).meta({
      usedBy: WORKER,
      description: 'How long the circuit breaker stays open before one call may probe.',
    }),
  }),

  ...group('Fraud checks and reviews', {
    FRAUD_REVIEW_ABOVE_MINOR: minor(0, 0, 999_999_999_999).meta({
      usedBy: API,
      description: 'Above this total, in minor units, a person reviews an order; 0 turns the check off.',
    }),
    FRAUD_REJECT_ABOVE_MINOR: minor(0, 0, 999_999_999_999).meta({
      usedBy: API,
      description: 'Above this total, an order is rejected; 0 turns the check off.',
    }),
    FRAUD_ORDERS_PER_WINDOW: count(0, 0, 1_000_000).meta({
      usedBy: API,
      description: 'A customer with more orders than this in one window is reviewed; 0 turns the check off.',
    }),
    FRAUD_WINDOW_MS: ms(3_600_000, 1_000, 604_800_000).meta({
      usedBy: API,
      description: 'The length of that window.',
    }),
    REVIEW_DEADLINE_MS: ms(86_400_000, 100, 2_592_000_000).meta({
      usedBy: API,
      description: 'How long a review may take before the order fails.',
    }),
  }),

  ...group('Notices to customers', {
    NOTIFIERS: z
      .string()
      .transform((names) => names.split(',').map((name) => name.trim()))
      .refine(namesNotifiers)
      .transform((names) => NOTIFIERS.filter((name) => names.includes(name)))
      .optional()
      .meta({
        allowed: 'none, log, smtp or log,smtp',
        usedBy: WORKER,
        description:
          'How customers are told about their orders: log, smtp, both with a comma, or none; empty: `npm start` logs, `serve` is silent.',
      }),
    SMTP_URL: url('a URL such as smtp://user:password@host:587 or smtps://user:password@host:465', /smtps?/).meta({
      usedBy: WORKER,
      description: 'The mail server, as smtp://user:password@host:587 or smtps://user:password@host:465.',
    }),
    SMTP_FROM: form('an address such as shop@example.com or The shop <shop@example.com>', isSender).meta({
      usedBy: WORKER,
      description: 'The sender of the mails, as shop@example.com or The shop <shop@example.com>.',
    }),
    SHOP_NAME: formWithDefault('The shop', 'at most 100 characters, none of them a control character', isName).meta({
      usedBy: WORKER,
      description: 'The name of the shop, as its customers know it.',
    }),
  }),

  ...group('Audit', {
    AUDIT_INTERVAL_MS: ms(300_000, 1_000, 86_400_000).meta({
      usedBy: WORKER,
      description: 'How often the audit runs.',
    }),
  }),

  ...group('Retries and deadlines', {
    RETRIES: count(3, 1, 20).meta({
      usedBy: BOTH,
      description: 'How often a step is retried after its first try failed.',
    }),
    RETRY_INITIAL_MS: ms(1_000, 10, 60_000).meta({
      usedBy: BOTH,
      description: 'The pause before the first retry; it doubles with each further one.',
    }),
    RETRY_MAXIMUM_MS: ms(60_000, 10, 3_600_000).meta({
      usedBy: BOTH,
      description: 'The longest pause between two retries.',
    }),
    LOOKUP_MAXIMUM_MS: ms(3_600_000, 100, 86_400_000).meta({
      usedBy: BOTH,
      description: 'The longest pause between two look-ups of a charge whose outcome is unknown.',
    }),
    PAYMENT_DEADLINE_MS: ms(900_000, 1_000, 86_400_000).meta({
      usedBy: BOTH,
      description: 'How long an order may try to charge, from its first try; after that, nothing more is sent.',
    }),
    RESERVATION_TTL_MS: ms(1_800_000, 1_000, 604_800_000).meta({
      usedBy: BOTH,
      description: 'How long stock is held for an order that is not paid; each try to charge extends it.',
    }),
  }),
};

function namesNotifiers(names: string[]): boolean {
  if (names.includes('none')) return names.length === 1;
  return new Set(names).size === names.length && names.every((name) => NOTIFIERS.some((known) => known === name));
}

function isSender(text: string): boolean {
  return /^(?:[^<>@\p{Cc}]+<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/u.test(text);
}

function isName(text: string): boolean {
  return /^[^\p{Cc}]{1,100}$/u.test(text);
}

function isGatewayName(text: string): boolean {
  return /^[a-z0-9-]{1,40}$/.test(text);
}
