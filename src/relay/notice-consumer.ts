import { isNoticeEvent, type NoticeRef } from '../domain/notice.js';
import type { OutboxConsumer } from './outbox-event.js';

export interface NoticeConsumerOptions {
  /** The channels that notices go through; none is no notices. */
  channels: readonly string[];
  /** One try; rejects when it should be made again. */
  attempt(ref: NoticeRef, signal: AbortSignal): Promise<unknown>;
  /** Hands a notice to a workflow of its own, whose first try comes after the pause. One that has one is left alone. */
  startWorkflow(ref: NoticeRef, pauseMs: number): Promise<void>;
  firstTryMs?: number;
  /** How many first tries may run at once; a notice beyond them goes to its workflow. */
  atOnce?: number;
  /** The pause before the next try, during which a channel that let a first try time out is skipped. */
  pauseMs?: number;
}

/**
 * Sends the notices of an event: tries each at once, shortly, so that most need no workflow, and hands those that fail
 * to workflows. It never makes the events that come after wait for a mail server.
 */
export function createNoticeConsumer(options: NoticeConsumerOptions): OutboxConsumer {
  const { channels, attempt, startWorkflow, firstTryMs = 5_000, atOnce = 256, pauseMs = 10_000 } = options;
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
