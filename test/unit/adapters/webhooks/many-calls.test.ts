import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import type { EventSenderSettings } from '../../../../src/adapters/webhooks/http-event-sender.js';
import { openSender, rawServer, receiver } from './receivers.js';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

function sender(settings: Partial<EventSenderSettings> = {}) {
  const made = openSender(settings);
  return (url: string, { timeoutMs = 5_000, signal = new AbortController().signal } = {}) =>
    made.send({ messageId: 'msg_1', url, secrets: [SECRET], body: '{}' }, { timeoutMs, signal });
}

const at = (port: number, path = '/') => `http://127.0.0.1:${port}${path}`;

/** A server that takes connections and never answers. */
const silentServer = async () => rawServer((socket) => socket.resume());

test('a message may go to many at once under one signal, without a warning of a leak', async () => {
  const { port } = await receiver();
  // Node's warnings go to the process itself, which no test sees.
  const script = `
    const { createEventSender } = await import(${JSON.stringify(new URL('../../../../dist/adapters/webhooks/http-event-sender.js', import.meta.url).href)});
    const sender = createEventSender({ allowPrivate: true });
    const { signal } = new AbortController();
    const message = { messageId: 'msg_1', url: '${at(port)}', secrets: ['${SECRET}'], body: '{}' };
    const sent = Array.from({ length: 20 }, () => sender.send(message, { timeoutMs: 5_000, signal }));
    console.log((await Promise.all(sent)).every(({ kind }) => kind === 'accepted'));
    sender.close();`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' });
});

test('calls that hang, as many as all endpoints may have, leave another call its own, also to the same host', async () => {
  const silent = await silentServer();
  const { port } = await receiver((response, { path }) => {
    if (path === '/ok') response.end();
  });
  const send = sender();
  const stop = new AbortController();
  const hanging = Array.from({ length: 400 }, (_, n) =>
    send(at(n % 2 === 0 ? silent : port, '/hang'), { timeoutMs: 30_000, signal: stop.signal }),
  );
  await pause(200);
  expect(await send(at(port, '/ok'), { timeoutMs: 10_000 })).toMatchObject({ kind: 'accepted' });
  stop.abort();
  expect(new Set((await Promise.all(hanging)).map(({ kind }) => kind))).toEqual(new Set(['no_answer']));
});

test('concurrent calls resolve the name once, and later ones again', async () => {
  const { port } = await receiver();
  const asked: string[] = [];
  const send = sender({
    async resolve(hostname) {
      asked.push(hostname);
      await pause(50);
      if (asked.length > 2) throw Object.assign(new Error('away'), { code: 'EAI_AGAIN' });
      return [{ address: '127.0.0.1', family: 4 }];
    },
  });
  const to = (name: string) => send(`http://${name}.example:${port}/`);
  const sent = await Promise.all([to('one'), to('two'), to('one'), to('one')]);
  expect(sent.map(({ kind }) => kind)).toEqual(Array(4).fill('accepted'));
  expect(asked).toEqual(['one.example', 'two.example']);
  expect(await Promise.all([to('three'), to('three')])).toMatchObject([
    { kind: 'no_answer', detail: 'EAI_AGAIN' },
    { kind: 'no_answer', detail: 'EAI_AGAIN' },
  ]);
  await to('three');
  expect(asked).toEqual(['one.example', 'two.example', 'three.example', 'three.example']);
});

test('a call that finds no socket waits no longer than its time', async () => {
  const silent = await silentServer();
  const send = sender();
  const answers = await Promise.all(Array.from({ length: 600 }, () => send(at(silent), { timeoutMs: 1_000 })));
  expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['no_answer']));
});
