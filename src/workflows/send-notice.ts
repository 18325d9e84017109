import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  proxyActivities,
} from '@temporalio/workflow';
import type { NoticeActivities } from '../activities/notices.js';
import type { NoticeRef, NoticeState } from '../domain/notice.js';
import { NOTICE_STORE_RETRIES } from '../domain/retry-policy.js';
import { noticeTries } from './retrying/activity-options.js';
import { announceAdmission } from './messages/admission.js';
import type { Redrive } from './contract.js';

const { sendNotice: trySending } = proxyActivities<NoticeActivities>(noticeTries);
const { giveUpNotice, reopenNotice } = proxyActivities<NoticeActivities>(NOTICE_STORE_RETRIES);

/**
 * Sends one notice whose first try failed: retries with growing pauses, and gives up with a dead letter after three
 * days, when it is cancelled, or immediately if the other side will never accept it.
 */
export async function sendNotice(ref: NoticeRef, redrive?: Redrive): Promise<NoticeState | 'superseded'> {
  const announce = announceAdmission();
  if (redrive !== undefined) {
    const decision = await CancellationScope.nonCancellable(() => reopenNotice({ ref, ...redrive }));
    await announce(decision);
    if (decision.kind === 'refused') return 'superseded';
  }
  const state = await trySending(ref).catch((error: unknown) => {
    const errorClass = isCancellation(error) ? 'Cancelled' : 'TriesExhausted';
    return CancellationScope.nonCancellable(() => giveUpNotice({ ref, errorClass }));
  });
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  return state;
}
