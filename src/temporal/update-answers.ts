import type { Client } from '@temporalio/client';
import { UNAVAILABLE, Unavailable, type Dependency } from '../domain/unavailable.js';
import type { Bounded } from './bounded-calls.js';

export interface UpdateOptions {
  client: Client;
  bounded: Bounded;
  /** Returns in a word why the database takes no writes; rejects if it does not answer. */
  probeDatabase?: (() => Promise<string | void>) | undefined;
}

const LOOK_MS = 1_000;

/**
 * Runs updates. A worker answers after it has asked the database. If no answer comes in time, Temporal knows how far
 * the workflow got, and `Unavailable` names the dependency that prevented the answer.
 */
export function updatesOf({ client, bounded, probeDatabase = async () => {} }: UpdateOptions) {
  return async <T>(workflowId: string, update: () => Promise<T>): Promise<T> => {
    try {
      return await bounded(update);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      throw new Unavailable(await whatIsUnavailable(workflowId), error.cause);
    }
  };

  async function whatIsUnavailable(workflowId: string): Promise<Dependency> {
    const database = probeDatabase().then(
      (wrong) => wrong !== undefined,
      () => true,
    );
    try {
      const { raw } = await bounded(() => client.workflow.getHandle(workflowId).describe(), LOOK_MS);
      const failures = raw.pendingActivities?.map(({ lastFailure }) => lastFailure) ?? [];
      const isMetByWorker = failures.some(
        (failure) =>
          failure?.applicationFailureInfo?.type === UNAVAILABLE &&
          failure.message === new Unavailable('database', undefined).message,
      );
      return isMetByWorker || (await database) ? 'database' : 'worker';
    } catch {
      // The workflow does not even exist if Temporal could not start it in time.
      return 'temporal';
    }
  }
}
