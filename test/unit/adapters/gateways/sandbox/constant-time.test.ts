import * as crypto from 'node:crypto';
import { expect, jest, test } from '@jest/globals';

const compared = jest.fn(crypto.timingSafeEqual);
jest.unstable_mockModule('node:crypto', () => ({ ...crypto, timingSafeEqual: compared }));
const { createSandboxEvents } = await import('../../../../../src/adapters/gateways/sandbox/events.js');

test('a signature of the right length is compared in a time that does not reveal how much of it is right', () => {
  const sentAt = new Date('2026-11-01T12:00:00Z');
  const secrets = [1, 2].map((fill) => `whsec_${Buffer.alloc(32, fill).toString('base64')}`);
  const events = createSandboxEvents({ secrets, now: () => sentAt });
  const given = `v1,${Buffer.alloc(32, 7).toString('base64')}`;
  const headers = {
    'webhook-id': 'evt_1',
    'webhook-timestamp': `${sentAt.getTime() / 1_000}`,
    'webhook-signature': given,
  };
  expect(events.verify(headers, Buffer.from('{}'))).toEqual({ ok: false, reason: 'signature_invalid' });
  expect(compared.mock.calls.map(([one]) => one)).toEqual(secrets.map(() => Buffer.from(given)));
});
