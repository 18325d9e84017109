import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkoutOf } from './goods.mjs';
import { post } from './place-order.mjs';

const MOST_MS = 10_000;
const CALM_MS = 2_000;

/** Posts many checkouts at once, each on a connection of its own, and waits until those that were accepted are settled. */
export async function postBurst(side, size) {
  await sleep(CALM_MS);
  const agent = new Agent({ keepAlive: false });
  const startedAt = performance.now();
  const since = () => performance.now() - startedAt;
  const answers = await Promise.all(
    Array.from({ length: size }, async (_, n) => {
      const checkout = checkoutOf(`burst-${n}`, n);
      const { status } = await post(agent, side, checkout);
      if (status === 202) side.accepted.push(checkout);
      return { orderId: checkout.order_id, status, ms: since() };
    }),
  );
  const accepted = answers.filter(({ status }) => status === 202);
  await Promise.all(accepted.map(({ orderId }) => side.settlement.settled(orderId)));
  const settledMs = since();
  await sleep(CALM_MS);
  return { size, accepted: accepted.length, longestMs: Math.max(...answers.map(({ ms }) => ms)), settledMs };
}

/** The figures in words, and whether the burst was absorbed. */
export function burstVerdictOf({ size, accepted, longestMs, settledMs }) {
  const seconds = (ms) => `${(ms / 1_000).toFixed(1)} s`;
  const promises = [
    [`a burst of ${size} accepted completely`, accepted === size],
    [`each within ${seconds(MOST_MS)}`, longestMs < MOST_MS],
  ];
  const lines = [
    `Burst of ${size}: ${accepted} accepted, the last answer after ${seconds(longestMs)}, all settled after ${seconds(settledMs)}`,
    ...promises.map(([promise, kept]) => `${kept ? '✔' : '✖'} ${promise}`),
  ];
  return { lines, ok: promises.every(([, kept]) => kept) };
}
