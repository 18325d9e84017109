import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const WAITED_S = 30;
const MOST_REFUSALS = 30;

/**
 * Places the next order of a side and waits until it is settled. One that is refused for load is sent again when the answer
 * says so, as a client of the shop does; its times count from the first time.
 * @returns when the order was accepted, unless it asked to wait for its end, and settled, in ms; how often it was refused
 */
export async function placeOrder(agent, side, since = performance.now()) {
  const { checkout, isWaiting } = side.nextCheckout();
  const headers = isWaiting ? { prefer: `wait=${WAITED_S}` } : {};
  let settlement = isWaiting ? watch(side, checkout) : undefined;
  for (let refusals = 0; ; refusals += 1) {
    const answer = await post(agent, side, checkout, headers);
    const answeredAt = performance.now();
    if ([200, 201, 202].includes(answer.status)) {
      side.accepted.push(checkout);
      settlement ??= watch(side, checkout);
      const { seenAt } = await settlement;
      return { ...(isWaiting ? {} : { accepted: answeredAt - since }), settled: seenAt - since, seenAt, refusals };
    }
    const pause = Number(answer.headers['retry-after']);
    if (!(pause > 0) || refusals === MOST_REFUSALS)
      throw new Error(`${side.name} answered ${answer.status}: ${answer.body}`);
    await sleep(pause * 1000);
  }
}

function watch(side, { order_id: orderId }) {
  const settlement = side.settlement.settled(orderId);
  // Awaited once the order is accepted, and not if it never is.
  settlement.catch(() => {});
  return settlement;
}

/** @returns status, headers and body of the answer */
export function post(agent, side, checkout, more = {}) {
  const text = JSON.stringify(checkout);
  const own = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  const headers = { ...side.headers, ...own, ...more };
  return new Promise((resolve, reject) => {
    const sent = request(side.url, { method: 'POST', agent, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
      response.on('error', reject);
    });
    // The server may have closed a kept connection in the moment it was used again.
    const isRace = (error) => sent.reusedSocket && error.code === 'ECONNRESET';
    sent.on('error', (error) => (isRace(error) ? resolve(post(agent, side, checkout, more)) : reject(error)));
    sent.end(text);
  });
}
