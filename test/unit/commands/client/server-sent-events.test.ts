import { expect, test } from '@jest/globals';
import { readServerSentEvents, type ServerSentEvent } from '../../../../src/commands/client/server-sent-events.js';

async function read(...chunks: string[]): Promise<ServerSentEvent[]> {
  const bytes = chunks.map((chunk) => new TextEncoder().encode(chunk));
  const body = new ReadableStream({ pull: (out) => (bytes.length > 0 ? out.enqueue(bytes.shift()) : out.close()) });
  const events: ServerSentEvent[] = [];
  for await (const event of readServerSentEvents(new Response(body))) events.push(event);
  return events;
}

test('a stream is read event by event, wherever its chunks are cut', async () => {
  const events = [
    { event: 'message', data: '{"seq":1}' },
    { event: 'settled', data: '{}' },
  ];
  const text = 'retry: 2000\n\nid: 1\ndata: {"seq":1}\n\n: still here\n\nevent: settled\ndata: {}\n\n';
  expect(await read(text)).toEqual(events);
  expect(await read(...text.split(''))).toEqual(events);
});

test('an event that was cut off is no event', async () => {
  expect(await read('data: {"seq":1}\n\ndata: {"se')).toEqual([{ event: 'message', data: '{"seq":1}' }]);
});
