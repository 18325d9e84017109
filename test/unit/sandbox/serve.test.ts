import { afterEach, expect, test } from '@jest/globals';
import { closeSandboxes, startSandbox, until } from './client.js';

afterEach(closeSandboxes);

test('a taken port is reported plainly', async () => {
  const first = await startSandbox();
  const port = Number(new URL(first.url).port);
  await expect(startSandbox({ port })).rejects.toThrow(`cannot listen on 127.0.0.1:${port}: the port is taken`);
});

test('closing ends the requests that are held, without waiting for its deadline', async () => {
  const sandbox = await startSandbox({ closeDeadlineMs: 300_000, holdMs: 300_000 });
  const held = [1, 2, 3].map((n) => sandbox.charge(`k${n}`, 'pm_timeout_before').catch(() => undefined));
  const charging = sandbox.charge('k', 'pm_timeout_after').catch(() => undefined);
  await until(
    () => sandbox.lookup('k'),
    ({ status }) => status === 200,
  );
  await sandbox.close();
  await Promise.all([...held, charging]);
});

test('closing lets a charge under way finish and answer', async () => {
  const sandbox = await startSandbox();
  const slow = sandbox.charge('k', 'pm_slow_150');
  await new Promise((resolve) => setTimeout(resolve, 50));
  await sandbox.close();
  expect(await slow).toMatchObject({ status: 200, body: { status: 'captured' } });
});

test('closing gives up a charge that takes longer than the deadline', async () => {
  const sandbox = await startSandbox({ closeDeadlineMs: 20 });
  const slow = sandbox.charge('k', 'pm_slow_60000').then(
    (answer) => answer.status,
    () => 'cut',
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  await sandbox.close();
  expect(await slow).not.toBe(200);
});

test('closing twice is the same as once', async () => {
  const sandbox = await startSandbox();
  await Promise.all([sandbox.close(), sandbox.close()]);
  await sandbox.close();
  await expect(sandbox.lookup('k')).rejects.toThrow('fetch failed');
});
