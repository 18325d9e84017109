import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkoutOf } from './goods.mjs';
import { quantile } from './quantile.mjs';

// What is still to be done for the last orders, such as closing their workflows, belongs to the round.
const TAIL_MS = 300;

/**
 * One closed-loop round: every client posts a checkout, waits until its order is settled, and posts the next, until
 * the time or the orders are used up.
 */
export async function runRound(side, { clients, seconds, orders }) {
  const agent = new Agent({ keepAlive: true });
  const samples = [];
  const startedAt = performance.now();
  const before = side.cpu();
  const clientBefore = process.cpuUsage();
  let left = orders;
  let endedAt = startedAt;

  async function client() {
    while (left > 0 && performance.now() - startedAt < seconds * 1000) {
      left -= 1;
      const n = side.accepted.length;
      const checkout = checkoutOf(`${side.prefix}-${n}`, n);
      side.accepted.push(checkout);

      const postedAt = performance.now();
      const answer = await post(agent, side, checkout);
      const acceptedAt = performance.now();
      if (answer.status !== 202) throw new Error(`${side.name} answered ${answer.status}: ${answer.body}`);
      const { seenAt } = await side.settlement.settled(checkout.order_id);
      samples.push({ accepted: acceptedAt - postedAt, settled: seenAt - postedAt });
      endedAt = Math.max(endedAt, seenAt);
    }
  }

  try {
    await Promise.all(Array.from({ length: clients }, client));
  } finally {
    agent.destroy();
  }
  await sleep(TAIL_MS);

  const after = side.cpu();
  const { user, system } = process.cpuUsage(clientBefore);
  const cpu = { client: (user + system) / 1000 };
  for (const part of Object.keys(after)) cpu[part] = after[part] - before[part];
  return figuresOf(samples, (endedAt - startedAt) / 1000, cpu);
}

function figuresOf(samples, seconds, cpu) {
  const accepted = samples.map((sample) => sample.accepted).sort((a, b) => a - b);
  const settled = samples.map((sample) => sample.settled).sort((a, b) => a - b);
  const figures = {
    orders: samples.length,
    perSecond: samples.length / seconds,
    acceptedP50: quantile(accepted, 0.5),
    acceptedP99: quantile(accepted, 0.99),
    settledP50: quantile(settled, 0.5),
    settledP99: quantile(settled, 0.99),
  };
  for (const [part, ms] of Object.entries(cpu)) figures[`${part}Cpu`] = ms / samples.length;
  return figures;
}

/** @returns status, headers and body of the answer */
export function post(agent, side, checkout) {
  const { url, headers: own } = side;
  const text = JSON.stringify(checkout);
  const headers = { ...own, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
      response.on('error', reject);
    });
    // The server may have closed a kept connection in the moment it was used again.
    const isRace = (error) => sent.reusedSocket && error.code === 'ECONNRESET';
    sent.on('error', (error) => (isRace(error) ? resolve(post(agent, side, checkout)) : reject(error)));
    sent.end(text);
  });
}
