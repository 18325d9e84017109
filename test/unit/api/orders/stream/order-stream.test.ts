import { afterEach, describe, expect, it } from '@jest/globals';
import type { OrderStatus } from '../../../../../src/domain/order.js';
import { openDesk, type Desk } from '../../desk.js';

const createdAt = '2026-01-01T00:00:00.000Z';
const PATH = '/v1/orders/order-1/stream';
const TYPES = ['order.created', 'inventory.reserved', 'order.confirmed'];

let desk: Desk;
afterEach(() => desk.followers.close());

/** An order with so many events, in this status. */
function anOrderWith(version: number, status: OrderStatus): Desk {
  desk = openDesk();
  goOn(version, status);
  return desk;
}

function goOn(version: number, status: OrderStatus): void {
  desk.has('order-1', { status, version });
  const trail = Array.from({ length: version }, (_, i) => ({
    seq: i + 1,
    type: TYPES[i % 3] ?? '',
    data: {},
    actor: null,
    createdAt,
  }));
  desk.trails.set('order-1', trail);
}

function reading(response: Response) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    async until(part: string): Promise<string> {
      while (!text.includes(part)) {
        const next = await reader?.read();
        if (next === undefined || next.done) throw new Error(`the stream ended with ${text}`);
        text += next.value;
      }
      return text;
    },
    cancel: async () => reader?.cancel(),
  };
}

const sent = (seq: number) =>
  `data: {"seq":${seq},"type":"${TYPES[seq - 1]}","data":{},"actor":null,"created_at":"${createdAt}"}\nid: ${seq}\n\n`;

describe('the stream of an order', () => {
  it('sends the whole timeline of a settled order, says how it settled, and ends', async () => {
    const response = await anOrderWith(3, 'confirmed').raw(PATH);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('connection')).toBeNull();
    expect(await response.text()).toBe(
      `retry: 2000\n\n${sent(1)}${sent(2)}${sent(3)}event: settled\ndata: {"status":"confirmed"}\n\n`,
    );
    expect(desk.followers.count).toBe(0);
  });

  it('takes no place for a HEAD, which no one would ever give back', async () => {
    const response = await anOrderWith(2, 'reserved').raw(PATH, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(desk.followers.count).toBe(0);
  });

  it('goes on after Last-Event-ID', async () => {
    const response = await anOrderWith(3, 'confirmed').raw(PATH, { headers: { 'last-event-id': '2' } });
    const text = await response.text();
    expect(text).toContain(sent(3));
    expect(text).not.toContain(sent(2));
  });

  it('tells a client that has heard all of a settled order not to come back', async () => {
    const answer = await anOrderWith(3, 'confirmed').raw(PATH, { headers: { 'last-event-id': '3' } });
    expect(answer.status).toBe(204);
  });

  it('goes on from now, and ends, for a Last-Event-ID beyond all that there is', async () => {
    const stream = reading(await anOrderWith(1, 'pending').raw(PATH, { headers: { 'last-event-id': '999' } }));
    await stream.until('retry');
    goOn(3, 'confirmed');
    const text = await stream.until('event: settled');
    expect(text).toContain(`${sent(2)}${sent(3)}`);
    expect(text).not.toContain(sent(1));
  });

  it('says that it is there while nothing happens, then sends what happens', async () => {
    const stream = reading(await anOrderWith(1, 'pending').raw(PATH));
    await stream.until(': still here');
    goOn(3, 'confirmed');
    const text = await stream.until('event: settled');
    expect(text.split(sent(1))).toHaveLength(2);
    expect(text).toContain(`${sent(2)}${sent(3)}`);
  });

  it('sends each follower each event once, even if one joins later from further back', async () => {
    const first = reading(await anOrderWith(2, 'reserved').raw(PATH, { headers: { 'last-event-id': '1' } }));
    await first.until(sent(2));
    const second = reading(await desk.raw(PATH));
    await second.until(sent(2));
    goOn(3, 'confirmed');
    expect((await first.until('settled')).split(sent(2))).toHaveLength(2);
    expect((await second.until('settled')).split(sent(2))).toHaveLength(2);
  });

  it('refuses one follower too many with a time to come back, until another has left', async () => {
    const first = reading(await anOrderWith(1, 'pending').raw(PATH));
    const second = reading(await desk.raw(PATH));
    const refused = await desk.raw(PATH);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await refused.json()).toMatchObject({ code: 'too-many-streams' });
    await first.until('retry');
    await first.cancel();
    await second.until(': still here');
    expect(desk.followers.count).toBe(1);
    expect((await desk.raw(PATH)).status).toBe(200);
  });

  it('ends when the server drains, and takes no more', async () => {
    const response = await anOrderWith(1, 'pending').raw(PATH);
    await desk.followers.close();
    expect(await response.text()).toMatch(/^retry: 2000\n\n/);
    expect((await desk.raw(PATH)).status).toBe(503);
  });

  it('cuts off a reader that falls far behind', async () => {
    const response = await anOrderWith(1, 'pending').raw(PATH);
    for (let version = 2; desk.followers.count > 0 && version < 1_000; version += 1) {
      goOn(version, 'reserved');
      await new Promise((resolve) => setTimeout(resolve, 6));
    }
    expect(desk.followers.count).toBe(0);
    expect(await response.text()).toContain(sent(2));
  });

  it('is 404 for an order that no one knows', async () => {
    expect(await anOrderWith(1, 'pending').get('/v1/orders/nobody/stream')).toMatchObject({ status: 404 });
  });

  it.each(['nonsense', '-1', '1.5'])('refuses Last-Event-ID: %s', async (id) => {
    const refused = await anOrderWith(1, 'pending').raw(PATH, { headers: { 'last-event-id': id } });
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ errors: [{ pointer: '/last-event-id' }] });
  });
});
