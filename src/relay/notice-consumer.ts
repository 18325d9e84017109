import { isNoticeEvent, type NoticeRef } from '../domain/notice.js';
import type { OutboxConsumer } from './outbox-event.js';

export interface NoticeConsumerOptions {
  /** The channels of notices; without any, no notices are sent. */
  channels: readonly string[];
  /** One try; rejects if it should be repeated. */
  attempt(ref: NoticeRef, signal: AbortSignal): Promise<unknown>;
  /** Starts a workflow for a notice, with its first try after the pause, unless it has one. */
  startWorkflow(ref: NoticeRef, pauseMs: number): Promise<void>;
  firstTryMs?: number;
  /** How many first tries may run at once; a notice beyond them goes to its workflow. */
  atOnce?: number;
  /** The pause before the next try, during which a channel that let a first try time out is skipped. */
  pauseMs?: number;
}

/**
 * Sends the notices of an event: one short try immediately, so that most need no workflow; workflows retry those that
 * fail. Later events never wait for a mail server.
 */
export function createNoticeConsumer(options: NoticeConsumerOptions): OutboxConsumer {
  const { channels, attempt, startWorkflow, firstTryMs = 5_000, atOnce = 256, pauseMs = 10_000 } = options;
  // Hand-written: only a timeout counts, and a half-open `cockatiel` breaker would make later events wait for its
  // probe.
  const skippedUntil = new Map<string, number>();
  let running = 0;

  async function deliver(ref: NoticeRef, signal: AbortSignal): Promise<void> {
    const isSkipped = (skippedUntil.get(ref.channel) ?? 0) > Date.now();
    if (isSkipped || running >= atOnce) return startWorkflow(ref, 0);
    if (!(await wasTried(ref, signal))) await startWorkflow(ref, pauseMs);
  }

  async function wasTried(ref: NoticeRef, signal: AbortSignal): Promise<boolean> {
    const deadline = AbortSignal.timeout(firstTryMs);
    running += 1;
    try {
      await attempt(ref, AbortSignal.any([signal, deadline]));
      return true;
    } catch {
      if (deadline.aborted) skippedUntil.set(ref.channel, Date.now() + pauseMs);
      return false;
    } finally {
      running -= 1;
    }
  }

  return {
    name: 'notices',
    wants: (type) => channels.length > 0 && isNoticeEvent(type),
    async take({ orderId, seq }, signal) {
      await Promise.all(channels.map((channel) => deliver({ orderId, seq, channel }, signal)));
    },
  };
}
