import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { placeOrder } from './place-order.mjs';
import { quantile } from './quantile.mjs';

// What is still to be done for the last orders, such as closing their workflows, belongs to the round.
const TAIL_MS = 300;
const DUE_MS = 5;

/** One round of a level: its clients in a closed loop, or its orders a minute in an open one. */
export function runRound(side, { clients, perMinute, seconds, orders }) {
  return measured(side, (place) =>
    perMinute === undefined
      ? closedLoop(place, { clients, seconds, orders })
      : openLoop(place, { perMinute, seconds, orders }),
  );
}

/** Every client posts a checkout, waits until its order is settled, and posts the next, until time or orders are used up. */
async function closedLoop(place, { clients, seconds, orders }) {
  const startedAt = performance.now();
  let left = orders;
  async function client() {
    while (left > 0 && performance.now() - startedAt < seconds * 1000) {
      left -= 1;
      await place();
    }
  }
  await Promise.all(Array.from({ length: clients }, client));
}

/** Posts checkouts at a fixed rate, whatever becomes of them. Times count from when a checkout was due. */
async function openLoop(place, { perMinute, seconds, orders }) {
  const startedAt = performance.now();
  const planned = Math.min(orders, Math.max(1, Math.round((perMinute * seconds) / 60)));
  const placed = [];
  while (placed.length < planned) {
    const dueAt = startedAt + (placed.length / perMinute) * 60_000;
    const early = dueAt - performance.now();
    if (early > 0) await sleep(Math.min(early, DUE_MS));
    else placed.push(place(dueAt));
  }
  await Promise.all(placed);
}

async function measured(side, load) {
  const agent = new Agent({ keepAlive: true });
  const samples = [];
  const startedAt = performance.now();
  const before = side.cpu();
  const clientBefore = process.cpuUsage();
  try {
    await load(async (since) => samples.push(await placeOrder(agent, side, since)));
  } finally {
    agent.destroy();
  }
  const seconds = (Math.max(...samples.map(({ seenAt }) => seenAt)) - startedAt) / 1000;
  // Events that are processed later would count for no side, and slow down the next one.
  if (side.hasWebhooks) await side.settlement.atRest();
  await sleep(TAIL_MS);

  const after = side.cpu();
  const { user, system } = process.cpuUsage(clientBefore);
  const cpu = {};
  for (const part of Object.keys(after)) cpu[part] = after[part] - before[part];
  return figuresOf(samples, seconds, { cpu, clientCpu: (user + system) / 1000, memory: side.memory() });
}

function figuresOf(samples, seconds, { cpu, clientCpu, memory }) {
  const sorted = (key) =>
    samples
      .map((sample) => sample[key])
      .filter((ms) => ms !== undefined)
      .sort((a, b) => a - b);
  const figures = {
    orders: samples.length,
    perSecond: samples.length / seconds,
    refusals: samples.reduce((sum, { refusals }) => sum + refusals, 0),
  };
  for (const [key, times] of Object.entries({ accepted: sorted('accepted'), settled: sorted('settled') })) {
    for (const q of [0.5, 0.95, 0.99]) figures[`${key}P${q * 100}`] = quantile(times, q);
  }
  const sum = (parts) => Object.values(parts).reduce((total, part) => total + part, 0);
  for (const [part, ms] of Object.entries(cpu)) figures[`${part}Cpu`] = ms / samples.length;
  for (const [part, mb] of Object.entries(memory)) figures[`${part}Mb`] = mb;
  figures.allCpu = sum(cpu) / samples.length;
  figures.allMb = sum(memory);
  figures.clientCpu = clientCpu / samples.length;
  return figures;
}
