import { ApplicationFailure, Context } from '@temporalio/activity';
import type { Actor } from '../domain/actor.js';
import type { OrderStatus } from '../domain/order.js';
import { isStillTrue, type Notice, type NoticeEvent, type NoticeRef, type NoticeState } from '../domain/notice.js';
import type { Admission } from '../domain/outcomes.js';

/** `rejected`: trying again would not help. `errorClass` must hold nothing personal. */
export type NotifyOutcome =
  | { kind: 'sent' }
  | { kind: 'skipped'; reason: string }
  | { kind: 'rejected'; errorClass: string };

/** A channel to customers. Throws if it cannot be used now; the notice is then retried. */
export interface Notifier {
  /** A short name, `[a-z][a-z0-9_]*`: with order and event it is the key that makes a notice unique. */
  readonly channel: string;
  notify(notice: Notice, signal: AbortSignal): Promise<NotifyOutcome>;
}

/** A notice at the time when this try began. */
export interface OpenNotice {
  state: NoticeState;
  event: NoticeEvent;
  orderStatus: OrderStatus;
  notice: Notice;
}

/** The store of notices. Each method is one transaction and can be run again. */
export interface NoticeStore {
  /** Counts a try of a pending notice, and writes its row on the first one; undefined if there is no such event. */
  begin(ref: NoticeRef): Promise<OpenNotice | undefined>;
  /** pending → sent, skipped or failed; failed opens a dead letter. @returns the state it has now */
  settle(ref: NoticeRef, outcome: NotifyOutcome): Promise<NoticeState>;
  /** Stores why the last try failed. */
  noteFault(ref: NoticeRef, errorClass: string): Promise<void>;
  /** pending → failed, with a dead letter that says why, and why the last try failed. */
  giveUp(ref: NoticeRef, errorClass: string): Promise<NoticeState>;
  /** failed → pending and open → redriving, together or not at all. */
  reopen(ref: NoticeRef, deadLetterId: string, actor?: Actor): Promise<Admission>;
}

export interface NoticePorts {
  notices: NoticeStore;
  notifiers: readonly Notifier[];
}

/** A try that failed. It contains only a class of errors: messages of mail servers name the customer. */
export class NoticeFault extends Error {
  readonly errorClass: string;

  constructor(errorClass: string) {
    super(errorClass);
    this.name = 'NoticeFault';
    this.errorClass = errorClass;
  }
}

// Less than the activity's own timeout, so that the outcome of the try is recorded.
const TRY_WITHIN_MS = 30_000;

export type NoticeActivities = ReturnType<typeof createNoticeActivities>;

export function createNoticeActivities(ports: NoticePorts) {
  return {
    /** One try. */
    async sendNotice(ref: NoticeRef): Promise<NoticeState> {
      try {
        const signals = [Context.current().cancellationSignal, AbortSignal.timeout(TRY_WITHIN_MS)];
        return await tryNotice(ports, ref, AbortSignal.any(signals));
      } catch (error) {
        // Only its message goes into the workflow's history, not the stack and cause of a foreign error.
        if (error instanceof NoticeFault) throw ApplicationFailure.retryable(error.errorClass, 'NoticeFault');
        throw error;
      }
    },

    giveUpNotice: ({ ref, errorClass }: { ref: NoticeRef; errorClass: string }): Promise<NoticeState> =>
      ports.notices.giveUp(ref, errorClass),

    reopenNotice: (input: { ref: NoticeRef; deadLetterId: string; actor?: Actor | undefined }): Promise<Admission> =>
      ports.notices.reopen(input.ref, input.deadLetterId, input.actor),
  };
}

/**
 * Tries to send a notice that is pending. The outcome is in the database when this returns.
 * @throws NoticeFault when it should be tried again
 */
export async function tryNotice(
  { notices, notifiers }: NoticePorts,
  ref: NoticeRef,
  signal: AbortSignal,
): Promise<NoticeState> {
  const open = await notices.begin(ref);
  if (open === undefined) throw new NoticeFault('EventMissing');
  if (open.state !== 'pending') return open.state;
  if (!isStillTrue(open.event, open.orderStatus)) return notices.settle(ref, { kind: 'skipped', reason: 'Outdated' });
  const notifier = notifiers.find(({ channel }) => channel === ref.channel);
  if (notifier === undefined) return failTry(notices, ref, 'ChannelNotConfigured');

  const sending = (async () => notifier.notify(open.notice, signal))();
  const outcome = await Promise.race([sending, aborted(signal)]).catch((error: unknown) => ({ fault: classOf(error) }));
  if (outcome === 'aborted') {
    // A call that cannot be stopped may still succeed: the next try will find that in the database.
    sending.then((late) => notices.settle(ref, late)).catch(() => {});
    return failTry(notices, ref, 'Timeout');
  }
  if ('fault' in outcome) return failTry(notices, ref, outcome.fault);
  return notices.settle(ref, outcome);
}

async function failTry(notices: NoticeStore, ref: NoticeRef, errorClass: string): Promise<never> {
  await notices.noteFault(ref, errorClass);
  throw new NoticeFault(errorClass);
}

function aborted(signal: AbortSignal): Promise<'aborted'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('aborted');
    signal.addEventListener('abort', () => resolve('aborted'), { once: true });
  });
}

/** A name and a code, never a message. */
function classOf(error: unknown): string {
  if (error instanceof NoticeFault) return error.errorClass;
  if (!(error instanceof Error)) return 'Unknown';
  const { code } = error as { code?: unknown };
  const name = /^\w{1,60}$/.test(error.name) ? error.name : 'Error';
  return typeof code === 'string' && /^\w{1,40}$/.test(code) ? `${name} ${code}` : name;
}
