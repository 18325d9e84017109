import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkoutOf } from './goods.mjs';
import { post } from './place-order.mjs';
import { residentMb } from './processes.mjs';

const TICK_MS = 5;
const MOST_OUTSTANDING = 5_000;
const SAMPLE_MS = 500;
const COOL_MS = 3_000;

/**
 * Posts checkouts at a fixed rate, whatever becomes of them. Times count from when a checkout was due, so that a
 * client that falls behind cannot hide what it waited for.
 */
export async function pourOpenLoop(agent, side, { rate, seconds }) {
  const accepted = [];
  const refused = [];
  const broken = [];
  const memory = [];
  const outstanding = new Set();
  let skipped = 0;
  const sampling = setInterval(() => memory.push(residentMb(side.pid)), SAMPLE_MS);
  memory.push(residentMb(side.pid));
  // A client that pauses itself measures its own pauses: the verdict names the longest.
  const pauses = monitorEventLoopDelay({ resolution: 5 });
  pauses.enable();
  const startedAt = performance.now();
  const planned = Math.round(rate * seconds);

  for (let sent = 0; sent < planned; await sleep(TICK_MS)) {
    const due = Math.min(planned, Math.floor(((performance.now() - startedAt) / 1000) * rate));
    for (; sent < due; sent += 1) {
      if (outstanding.size >= MOST_OUTSTANDING) skipped += 1;
      else launch(sent);
    }
  }
  await Promise.all(outstanding);
  await sleep(COOL_MS);
  clearInterval(sampling);
  memory.push(residentMb(side.pid));
  pauses.disable();
  return { accepted, refused, broken, skipped, planned, memory, pauseMs: pauses.max / 1e6 };

  function launch(n) {
    const checkout = checkoutOf(`o-${n}`, n);
    const dueAt = startedAt + (n / rate) * 1000;
    const work = post(agent, side, checkout)
      .then(({ status, headers, body }) => {
        const ms = performance.now() - dueAt;
        if (status === 202) {
          side.accepted.push(checkout);
          accepted.push({ orderId: checkout.order_id, ms });
        } else {
          refused.push({ status, code: JSON.parse(body).code, ms, retryAfter: headers['retry-after'] });
        }
      })
      .catch((error) => broken.push(error.code ?? error.message))
      .finally(() => outstanding.delete(work));
    outstanding.add(work);
  }
}
