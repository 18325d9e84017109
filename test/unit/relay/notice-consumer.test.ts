import { describe, expect, jest, test } from '@jest/globals';
import { createNoticeConsumer, type NoticeConsumerOptions } from '../../../src/relay/notice-consumer.js';

const event = { orderId: 'order-1', seq: 3, type: 'order.confirmed', createdAt: '2026-01-01T00:00:00.000Z' };
const signal = new AbortController().signal;
const never = (_ref: unknown, until: AbortSignal) =>
  new Promise<never>((_, reject) => until.addEventListener('abort', () => reject(new Error('aborted'))));

function open(options: Partial<NoticeConsumerOptions>) {
  const started: [channel: string, pauseMs: number][] = [];
  const attempt = jest.fn<NoticeConsumerOptions['attempt']>(options.attempt ?? (async () => 'sent'));
  const consumer = createNoticeConsumer({
    channels: ['smtp'],
    firstTryMs: 50,
    ...options,
    attempt,
    startWorkflow: async (ref, pauseMs) => {
      started.push([ref.channel, pauseMs]);
      await options.startWorkflow?.(ref, pauseMs);
    },
  });
  return { ...consumer, started, attempt };
}

describe('the consumer of notices', () => {
  test('wants the four events that customers are told about, and no others', () => {
    const { wants } = open({});
    const wanted = ['order.confirmed', 'order.failed', 'order.cancelled', 'refund.succeeded'];
    for (const type of wanted) expect(wants(type)).toBe(true);
    for (const type of ['order.created', 'order.cancelling', 'refund.failed', 'toString'])
      expect(wants(type)).toBe(false);
  });

  test('wants nothing when there is no channel', () => {
    expect(open({ channels: [] }).wants('order.confirmed')).toBe(false);
  });

  test('starts no workflow for what the first try has settled', async () => {
    const { take, started, attempt } = open({ channels: ['log', 'smtp'] });
    await take(event, signal);
    expect(attempt.mock.calls.map(([ref]) => ref)).toEqual([
      { orderId: 'order-1', seq: 3, channel: 'log' },
      { orderId: 'order-1', seq: 3, channel: 'smtp' },
    ]);
    expect(started).toEqual([]);
  });

  test('hands what failed to a workflow, and only that', async () => {
    const attempt: NoticeConsumerOptions['attempt'] = async ({ channel }) => {
      if (channel === 'smtp') throw new Error('away');
    };
    const { take, started } = open({ channels: ['log', 'smtp'], attempt });
    await take(event, signal);
    expect(started).toEqual([['smtp', 10_000]]);
  });

  test('waits no longer than its time, and then skips the channel that let it wait', async () => {
    const { take, started, attempt } = open({ attempt: never, pauseMs: 200 });
    const begun = performance.now();
    await take(event, signal);
    expect(performance.now() - begun).toBeLessThan(1_000);
    await take(event, signal);
    expect(attempt).toHaveBeenCalledTimes(1);
    expect(started).toEqual([
      ['smtp', 200],
      ['smtp', 0],
    ]);
    await new Promise((resolve) => setTimeout(resolve, 250));
    await take(event, signal);
    expect(attempt).toHaveBeenCalledTimes(2);
  });

  test('tries no more at once than it may; the rest go to their workflows without waiting', async () => {
    const { take, started, attempt } = open({ attempt: never, atOnce: 4, pauseMs: 1 });
    await Promise.all(Array.from({ length: 10 }, () => take(event, signal)));
    expect(attempt).toHaveBeenCalledTimes(4);
    expect(started.map(([, pauseMs]) => pauseMs).toSorted((a, b) => a - b)).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
  });

  test('fails when the workflow cannot be started, so that the event comes again', async () => {
    const away = async () => Promise.reject(new Error('Temporal is unavailable'));
    await expect(open({ attempt: away, startWorkflow: away }).take(event, signal)).rejects.toThrow(
      'Temporal is unavailable',
    );
  });
});
