import type { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Lifetime } from '../shutdown.js';
import type { TemporalNeeds } from './temporal-needs.js';

export interface WorkerRunOptions {
  name: string;
  create: () => Promise<Worker>;
  needs: Pick<TemporalNeeds, 'untilMet'>;
  log: Pick<Logger, 'warn'>;
  lifetime: Pick<Lifetime, 'onClose' | 'end'>;
}

const NAMESPACE_LOST = /Namespace \S+ (is|was) not found/;

/**
 * Runs a worker until the process ends. A worker gives up if its namespace stays lost for a while: another one
 * replaces it as soon as the namespace exists again. If a worker fails for any other reason, the process ends.
 */
export async function runWorker({ name, create, needs, log, lifetime }: WorkerRunOptions): Promise<() => Worker> {
  let worker = await create();
  let stop = () => {};
  const stopping = new Promise<void>((resolve) => (stop = resolve));
  let isStopping = false;

  const running = run();
  running.catch((error: Error) => lifetime.end(error));
  lifetime.onClose(name, async () => {
    isStopping = true;
    stop();
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await running;
  });
  return () => worker;

  async function run(): Promise<void> {
    for (let isFirst = true; ; isFirst = false) {
      const err = await live(isFirst).catch((error: unknown) => error);
      if (err === undefined || isStopping) return;
      if (!(err instanceof Error && NAMESPACE_LOST.test(err.message))) throw err;
      log.warn({ err, worker: name }, 'a worker lost its namespace; another one starts once Temporal has it again');
      await Promise.race([needs.untilMet(), stopping]);
      if (isStopping) return;
    }
  }

  async function live(isFirst: boolean): Promise<void> {
    if (!isFirst) worker = await create();
    if (!isStopping) await worker.run();
  }
}
