import { afterEach, expect, test } from '@jest/globals';
import type { EventSettings } from '../../../src/sandbox/event-sender.js';
import type { ServeOptions } from '../../../src/sandbox/serve.js';
import { signedHeaders, signingKeyOf } from '../../../src/sandbox/signature.js';
import { closeSandboxes, startSandbox, until } from './client.js';
import { closeReceivers, startReceiver } from './receiver.js';
import type { Received } from './receiver.js';

afterEach(closeSandboxes);
afterEach(closeReceivers);

const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

async function start(settings: Partial<EventSettings> = {}, { answer, ...options }: StartOptions = {}) {
  const receiver = await startReceiver(answer);
  const events = { url: receiver.url, secrets: [secret], retryMs: 1, ...settings };
  const sandbox = await startSandbox({ ...options, events });
  return { sandbox, received: (count: number) => arrived(receiver.received, count) };
}

type StartOptions = Partial<ServeOptions> & { answer?: (nth: number) => number | undefined };

/** Waits for so many, and a little for one too many. */
async function arrived(received: Received[], count: number): Promise<Received[]> {
  await until(
    async () => received.length,
    (length) => length >= count,
  );
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(received).toHaveLength(count);
  return received;
}

const typesOf = (received: Received[]) => received.map(({ event }) => event.type).sort();
const idsOf = (received: Received[]) => received.map(({ event }) => event.id);

test('the signature is the one of the Standard Webhooks reference', () => {
  const key = signingKeyOf('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
  if (key === undefined) throw new Error('no key');
  const sentAt = new Date(1_614_265_330_999);
  expect(signedHeaders([key], 'msg_p5jXN8AQM9LWM0D4loKWxJek', sentAt, '{"test": 2432232314}')).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('a charge sends one event, as in the ledger, under the id in its header', async () => {
  const { sandbox, received } = await start();
  await sandbox.charge('k', 'pm_ok');
  await sandbox.charge('k', 'pm_ok');
  const [first] = await received(1);
  const [entry] = await sandbox.ledger();
  expect(first?.event).toEqual({
    id: expect.stringMatching(/^evt_[0-9a-f]{24}$/),
    type: 'charge.captured',
    created: entry?.['time'],
    data: { charge_key: 'k', order_id: 'order-1', amount_minor: 1_000, currency: 'EUR' },
  });
  expect(first?.headers).toMatchObject({ 'webhook-id': first?.event.id, 'content-type': 'application/json' });
  expect(await sandbox.events('order-1')).toEqual([first?.event]);
  expect(await sandbox.events('order-2')).toEqual([]);
});

test('declines, refunds and late failures of refunds send events, refusals do not', async () => {
  const { sandbox, received } = await start();
  await sandbox.charge('d', 'pm_declined');
  await sandbox.charge('k', 'pm_ok');
  await sandbox.refund('r', 'k');
  await sandbox.refund('too-much', 'k', { amount_minor: 601 });
  await sandbox.failRefund('r');
  const told = await received(4);
  expect(typesOf(told)).toEqual(['charge.captured', 'charge.declined', 'refund.failed', 'refund.succeeded']);
  expect(new Set(idsOf(told)).size).toBe(4);
  const failed = told.find(({ event }) => event.type === 'refund.failed');
  expect(failed?.event.data).toEqual({
    charge_key: 'k',
    refund_key: 'r',
    order_id: 'order-1',
    amount_minor: 400,
    currency: 'EUR',
  });
});

test('a charge that is processing sends an event when it is settled', async () => {
  const { sandbox, received } = await start({}, { holdMs: 1 });
  await sandbox.charge('k', 'pm_processing');
  expect(await sandbox.events()).toEqual([]);
  await sandbox.settle('k', 'captured');
  expect(typesOf(await received(1))).toEqual(['charge.captured']);
});

test('an event is sent again until it is taken, under the same id with the same body', async () => {
  const { sandbox, received } = await start({}, { answer: (nth) => [500, 400, 302, 200][nth] });
  await sandbox.charge('k', 'pm_ok');
  const told = await received(4);
  expect(new Set(told.map(({ rawBody }) => rawBody.toString())).size).toBe(1);
  expect(new Set(idsOf(told)).size).toBe(1);
});

test('an event is given up after its tries, and reported as a fault', async () => {
  const faults: unknown[] = [];
  const onFault = (error: unknown) => faults.push(error);
  const { sandbox, received } = await start({ tries: 3 }, { answer: () => 503, onFault });
  await sandbox.charge('k', 'pm_ok');
  await received(3);
  expect(faults).toMatchObject([{ message: expect.stringMatching(/^event evt_\w+ is given up after 3 tries.*503/) }]);
});

test('a receiver that does not answer is asked again', async () => {
  const { sandbox, received } = await start({ timeoutMs: 60 }, { answer: (nth) => (nth === 0 ? undefined : 200) });
  await sandbox.charge('k', 'pm_ok');
  await received(2);
});

test('an unavailable receiver costs no charge, and events beyond the limit are dropped', async () => {
  const faults: unknown[] = [];
  const events = { url: 'http://127.0.0.1:1', secrets: [secret], retryMs: 60_000, maxPending: 2 };
  const sandbox = await startSandbox({ events, onFault: (error) => faults.push(error) });
  for (const n of [1, 2, 3]) expect((await sandbox.charge(`k${n}`, 'pm_ok')).status).toBe(200);
  expect(faults).toMatchObject([{ message: expect.stringContaining('is dropped: 2 events are waiting') }]);
  expect(await sandbox.events()).toHaveLength(3);
});

test('an event that was taken or given up makes room for the next', async () => {
  const { sandbox, received } = await start({ maxPending: 1, tries: 1 }, { answer: (nth) => [500, 200, 200][nth] });
  for (const n of [1, 2, 3]) {
    await sandbox.charge(`k${n}`, 'pm_ok');
    await received(n);
  }
});

test('the events of a charge are sent again on request: those of its refunds too, those of others not', async () => {
  const { sandbox, received } = await start();
  await sandbox.charge('k', 'pm_ok');
  await sandbox.charge('other', 'pm_ok');
  await sandbox.refund('r', 'k');
  const first = [...(await received(3))];
  const resent = await sandbox.resend('k');
  expect(resent.status).toBe(202);
  const again = (await received(5)).slice(3);
  expect(idsOf(again).sort()).toEqual(idsOf(first.filter(({ event }) => event.data['charge_key'] === 'k')).sort());
  expect(await sandbox.resend('nobody')).toMatchObject({ status: 404, body: { field: 'charge_key' } });
});

test('later events are sent in copies, until that is changed', async () => {
  const { sandbox, received } = await start();
  await sandbox.charge('before', 'pm_ok');
  await received(1);
  expect(await sandbox.behave({ copies: 3 })).toEqual({
    status: 200,
    body: { copies: 3, delay_ms: 0, shuffle: false },
  });
  await sandbox.charge('k', 'pm_ok');
  const copies = (await received(4)).slice(1);
  expect(new Set(idsOf(copies)).size).toBe(1);
  await sandbox.behave({});
  await sandbox.charge('after', 'pm_ok');
  await received(5);
});

test('shuffled events all arrive, in another order', async () => {
  const { sandbox, received } = await start();
  await sandbox.behave({ shuffle: true });
  for (let n = 0; n < 30; n += 1) await sandbox.charge(`k${n}`, 'pm_ok');
  const told = idsOf(await received(30));
  const happened = (await sandbox.events()).map((event) => String(event['id']));
  expect(told).not.toEqual(happened);
  expect([...told].sort()).toEqual([...happened].sort());
});

test('a delayed event has not arrived when its charge is answered, and closing drops it', async () => {
  const { sandbox, received } = await start();
  await sandbox.behave({ delay_ms: 60_000 });
  await sandbox.charge('k', 'pm_ok');
  await sandbox.close();
  await received(0);
});

test('closing gives up a delivery that hangs', async () => {
  const { sandbox, received } = await start({ timeoutMs: 300_000 }, { answer: () => undefined });
  await sandbox.charge('k', 'pm_ok');
  await received(1);
  await sandbox.close();
});

test.each([
  ['copies', 0],
  ['copies', 6],
  ['copies', 1.5],
  ['delay_ms', -1],
  ['delay_ms', 60_001],
  ['shuffle', 'yes'],
])('the behavior %s: %j is refused with the field', async (field, value) => {
  const { sandbox } = await start();
  expect(await sandbox.behave({ [field]: value })).toMatchObject({ status: 422, body: { field } });
});

test('without a receiver events are listed, and cannot be steered or sent again', async () => {
  const sandbox = await startSandbox();
  await sandbox.charge('k', 'pm_ok');
  expect(await sandbox.events('order-1')).toMatchObject([{ type: 'charge.captured' }]);
  expect(await sandbox.behave({ copies: 2 })).toMatchObject({ status: 409, body: { code: 'events_off' } });
  expect(await sandbox.resend('k')).toMatchObject({ status: 409, body: { code: 'events_off' } });
});

test.each([
  [{ url: 'ftp://localhost' }, /must be http/],
  [{ url: 'http://user:hidden@localhost' }, /^(?!.*hidden).*without credentials/],
  [{ secrets: [] }, /every secret/],
  [{ secrets: [secret, 'whsec_c2hvcnQ='] }, /^(?!.*c2hvcnQ).*24 to 64 bytes/],
])('the settings %j are refused at the start', async (settings, message) => {
  await expect(start(settings)).rejects.toThrow(message);
});
