import { expect, test } from '@jest/globals';
import { waitingOf, type Progress } from '../../../src/domain/order-waiting.js';

const until = '2026-11-01T09:31:00.000Z';
const standing = { status: 'reserved', reviewBy: null } as const;
const attempt = { state: 'created', tries: 0, waitsUntil: null } as const;

test.each<[string, Progress, unknown]>([
  ['a person', { status: 'in_review', reviewBy: until, attempt: undefined }, { for: 'review', until }],
  ['the gateway', { ...standing, attempt: { ...attempt, waitsUntil: until } }, { for: 'payment_gateway', until }],
  [
    'the gateway, with a charge in doubt',
    { ...standing, attempt: { state: 'unknown', tries: 1, waitsUntil: until } },
    { for: 'payment_gateway', until },
  ],
  ['the next try', { ...standing, attempt: { ...attempt, tries: 1 } }, { for: 'payment_retry', until: null }],
  [
    'the outcome of its charge',
    { ...standing, status: 'payment_unknown', attempt: { state: 'unknown', tries: 4, waitsUntil: null } },
    { for: 'payment_outcome', until: null },
  ],
])('an order waits for %s', (_, progress, waiting) => {
  expect(waitingOf(progress)).toEqual(waiting);
});

test.each<[string, Progress]>([
  ['is about to be charged', { ...standing, attempt: undefined }],
  ['is being charged', { ...standing, attempt: { state: 'sent', tries: 1, waitsUntil: null } }],
  ['is confirmed', { ...standing, status: 'confirmed', attempt: { state: 'captured', tries: 1, waitsUntil: null } }],
  ['failed while it waited', { ...standing, status: 'failed', attempt: { ...attempt, waitsUntil: until } }],
  ['was reviewed', { status: 'pending', reviewBy: until, attempt: undefined }],
])('an order that %s waits for nothing', (_, progress) => {
  expect(waitingOf(progress)).toBeNull();
});
