import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../dist/embedded/tcp-ports.js';

const PROGRAM = fileURLToPath(new URL('./event-receiver.mjs', import.meta.url));

/** Starts a process that takes every event, and registers it as an endpoint for all of them. */
export async function startReceiver(lifetime, { name, url, headers }) {
  const port = await freePort();
  await lifetime.start(`receiver of ${name}`, async () => {
    const child = fork(PROGRAM, [String(port), 'quiet']);
    await new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', () => reject(new Error(`the receiver of ${name} ended`)));
    });
    return {
      stop: async () => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGKILL');
        await once(child, 'exit');
      },
    };
  });
  const answer = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ url: `http://127.0.0.1:${port}/hooks` }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
}
