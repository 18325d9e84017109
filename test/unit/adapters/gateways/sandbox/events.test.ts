import { afterEach, expect, test } from '@jest/globals';
import { createSandboxEvents } from '../../../../../src/adapters/gateways/sandbox/events.js';
import { closeSandboxes, startSandbox, until } from '../../../sandbox/client.js';
import { closeReceivers, startReceiver } from '../../../sandbox/receiver.js';

afterEach(closeSandboxes);
afterEach(closeReceivers);

const secret = secretOf(32, 1);
const other = secretOf(24, 2);
const sentAt = new Date('2026-11-01T12:00:00Z');

function secretOf(bytes: number, fill: number): string {
  return `whsec_${Buffer.alloc(bytes, fill).toString('base64')}`;
}

/** Signs as the specification says, with another library than the code under test. */
async function signature(signing: string, id: string, timestamp: string, body: Uint8Array): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const raw = Buffer.from(signing.replace('whsec_', ''), 'base64');
  const key = await crypto.subtle.importKey('raw', raw, algorithm, false, ['sign']);
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  return `v1,${Buffer.from(await crypto.subtle.sign('HMAC', key, content)).toString('base64')}`;
}

const charged = {
  id: 'evt_1',
  type: 'charge.captured',
  created: sentAt.toISOString(),
  data: { charge_key: 'o-1:charge:1', order_id: 'o-1', amount_minor: 1_000, currency: 'EUR' },
};

interface Message {
  signing?: string[];
  id?: string;
  timestamp?: string;
  body?: unknown;
}

async function message({ signing = [secret], id = 'evt_1', timestamp, body = charged }: Message = {}) {
  const time = timestamp ?? String(sentAt.getTime() / 1_000);
  const rawBody = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const signatures = await Promise.all(signing.map((one) => signature(one, id, time, rawBody)));
  const headers: Record<string, string> = {
    'webhook-id': id,
    'webhook-timestamp': time,
    'webhook-signature': signatures.join(' '),
  };
  return { headers, rawBody };
}

function eventsWith(secrets: string[], now = sentAt) {
  return createSandboxEvents({ secrets, toleranceSeconds: 300, now: () => now });
}

const events = eventsWith([secret]);
const refused = (reason: string) => ({ ok: false, reason });

test('what the sandbox sends is verified, and verified by a second implementation', async () => {
  const receiver = await startReceiver();
  const sandbox = await startSandbox({ events: { url: receiver.url, secrets: [secret, other] } });
  await sandbox.charge('k', 'pm_ok');
  await sandbox.charge('d', 'pm_declined');
  await sandbox.refund('r', 'k');
  await sandbox.failRefund('r');
  await until(
    async () => receiver.received.length,
    (length) => length === 4,
  );
  for (const { headers, rawBody, event } of receiver.received) {
    const { 'webhook-id': id = '', 'webhook-timestamp': timestamp = '' } = headers;
    const wanted = await Promise.all([secret, other].map((one) => signature(one, id, timestamp, rawBody)));
    expect(headers['webhook-signature']).toBe(wanted.join(' '));
    for (const secrets of [[secret], [other], [secretOf(64, 9), other]]) {
      expect(createSandboxEvents({ secrets }).verify(headers, rawBody)).toEqual({
        ok: true,
        event: {
          eventId: event.id,
          type: event.type,
          chargeKey: event.data['charge_key'],
          refundKey: event.data['refund_key'] ?? null,
          orderId: 'order-1',
        },
      });
    }
    expect(createSandboxEvents({ secrets: [secretOf(32, 3)] }).verify(headers, rawBody)).toEqual(
      refused('signature_invalid'),
    );
  }
});

test('headers are read from a record in any case and from Headers', async () => {
  const { headers, rawBody } = await message();
  const upper = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));
  for (const given of [headers, upper, new Headers(headers)]) {
    expect(events.verify(given, rawBody)).toMatchObject({ ok: true, event: { eventId: 'evt_1' } });
  }
});

test('while one secret replaces another both are taken, and afterwards only the new one', async () => {
  const old = await message({ signing: [secret] });
  const both = await message({ signing: [secret, other] });
  expect(eventsWith([other, secret]).verify(old.headers, old.rawBody)).toMatchObject({ ok: true });
  expect(eventsWith([other]).verify(both.headers, both.rawBody)).toMatchObject({ ok: true });
  expect(eventsWith([other]).verify(old.headers, old.rawBody)).toEqual(refused('signature_invalid'));
});

test('every changed byte and every shorter body is refused', async () => {
  const { headers, rawBody } = await message();
  for (let index = 0; index < rawBody.length; index += 1) {
    const changed = Buffer.from(rawBody);
    changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
    expect(events.verify(headers, changed)).toEqual(refused('signature_invalid'));
    expect(events.verify(headers, rawBody.subarray(0, index))).toEqual(refused('signature_invalid'));
  }
});

test('the id and the time are signed too', async () => {
  const { headers, rawBody } = await message();
  const later = String(Number(headers['webhook-timestamp']) + 1);
  expect(events.verify({ ...headers, 'webhook-id': 'evt_2' }, rawBody)).toEqual(refused('signature_invalid'));
  expect(events.verify({ ...headers, 'webhook-timestamp': later }, rawBody)).toEqual(refused('signature_invalid'));
});

test.each([
  ['stale', 301, false],
  ['old enough', 300, true],
  ['early enough', -300, true],
  ['from the future', -301, false],
])('an event that is %s (%d s) is taken: %s', async (_, ageSeconds, ok) => {
  const { headers, rawBody } = await message();
  const verified = eventsWith([secret], new Date(sentAt.getTime() + ageSeconds * 1_000)).verify(headers, rawBody);
  expect(verified).toMatchObject(ok ? { ok } : refused('timestamp_out_of_tolerance'));
});

test('the tolerance is 300 s by default', async () => {
  const { headers, rawBody } = await message();
  const at = (seconds: number) =>
    createSandboxEvents({ secrets: [secret], now: () => new Date(sentAt.getTime() + seconds * 1_000) });
  expect(at(300).verify(headers, rawBody)).toMatchObject({ ok: true });
  expect(at(301).verify(headers, rawBody)).toMatchObject({ ok: false });
});

test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('without %s nothing is taken', async (name) => {
  const { headers, rawBody } = await message();
  const { [name]: _, ...rest } = headers;
  expect(events.verify(rest, rawBody)).toEqual(refused('header_missing'));
  expect(events.verify({ ...headers, [name]: '' }, rawBody)).toEqual(refused('header_missing'));
});

test.each(['soon', '-1', '1e3', '1793534400.5', ' 1793534400', 'NaN', '9'.repeat(13)])(
  'the timestamp "%s" is refused, though signed',
  async (timestamp) => {
    const { headers, rawBody } = await message({ timestamp });
    expect(events.verify(headers, rawBody)).toEqual(refused('timestamp_invalid'));
  },
);

test('signatures of another version, in another form, or cut short are not taken', async () => {
  const { headers, rawBody } = await message();
  const good = headers['webhook-signature'] ?? '';
  const bad = [
    good.replace('v1', 'v1a'),
    good.slice(3),
    good.slice(0, -1),
    `${good}=`,
    good.replace('v1', 'V1'),
    'v1,',
  ];
  for (const one of [...bad, ' ', bad.join(' ')]) {
    expect(events.verify({ ...headers, 'webhook-signature': one }, rawBody)).toMatchObject({ ok: false });
  }
  const amongOthers = { ...headers, 'webhook-signature': `${bad.join(' ')} ${good}` };
  expect(events.verify(amongOthers, rawBody)).toMatchObject({ ok: true });
});

test.each([
  ['no JSON', Buffer.from('{"id":')],
  ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ['nothing', Buffer.alloc(0)],
  ['an array', []],
  ['no data', { id: 'evt_1', type: 'charge.captured' }],
  ['no type', { ...charged, type: undefined }],
  ['another id', { ...charged, id: 'evt_2' }],
  ['a charge without its key', { ...charged, data: { order_id: 'o-1' } }],
  ['a charge without its order', { ...charged, data: { charge_key: 'k', order_id: null } }],
  ['a refund without its key', { ...charged, type: 'refund.failed' }],
  ['a key that is a number', { ...charged, data: { ...charged.data, charge_key: 1 } }],
  ['a key with a NUL', { ...charged, data: { ...charged.data, charge_key: 'a\0' } }],
  ['a key too long', { ...charged, data: { ...charged.data, charge_key: 'k'.repeat(256) } }],
])('a well signed body with %s is refused', async (_, body) => {
  const { headers, rawBody } = await message({ body });
  expect(events.verify(headers, rawBody)).toEqual(refused('body_invalid'));
});

test('an event of an unknown type is reported with the keys that it has', async () => {
  const { headers, rawBody } = await message({ body: { id: 'evt_1', type: 'payout.paid', data: {} } });
  expect(events.verify(headers, rawBody)).toEqual({
    ok: true,
    event: { eventId: 'evt_1', type: 'payout.paid', chargeKey: null, refundKey: null, orderId: null },
  });
});

test.each([[[]], [['']], [['whsec_']], [[secret, 'whsec_c2hvcnQ=']], [[secretOf(65, 1)]], [[secret.slice(6)]]])(
  'the secrets %j are refused without being shown',
  (secrets) => {
    expect(() => createSandboxEvents({ secrets })).toThrow(/^secrets must hold|^a secret must be whsec_ and/);
  },
);
