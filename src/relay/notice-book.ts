import type { NoticeRef } from '../domain/notice.js';

/** The notices that were handed to workflows. Throws `Unavailable` when the database is unavailable. */
export interface NoticeBook {
  /** Records that a workflow is to send it, before there is one: what Temporal loses after that is found again. */
  hold(ref: NoticeRef): Promise<void>;
  /** Takes pending notices whose workflow was not looked for for a while; for a few seconds. */
  toWatch(limit: number): Promise<NoticeRef[]>;
  /** They have a workflow: it need not be checked for a while, longer for old ones. */
  watched(refs: readonly NoticeRef[]): Promise<void>;
  /** Looks at it again after the pause. */
  watchAgain(ref: NoticeRef, pauseMs: number): Promise<void>;
}
