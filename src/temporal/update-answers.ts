import type { Client } from '@temporalio/client';
import { UNAVAILABLE, Unavailable, type Dependency } from '../domain/unavailable.js';
import type { Bounded } from './bounded-calls.js';

export interface UpdateOptions {
  client: Client;
  bounded: Bounded;
  /** Says in a word what keeps the database from taking writes; rejects when it does not answer. */
  probeDatabase?: (() => Promise<string | void>) | undefined;
}

const LOOK_MS = 1_000;

/**
 * Runs updates. A worker answers one when it has asked the database; when no answer comes in time, Temporal knows how far
 * it got, and `Unavailable` names the dependency that kept the answer back.
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
