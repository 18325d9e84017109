import { setTimeout as pause } from 'node:timers/promises';
import { msToTs, requiredTsToMs } from '@temporalio/common/lib/time.js';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import type { Database } from '../../src/adapters/postgres/pool.js';

/** One clock for Temporal and PostgreSQL, which a test may turn forward. */
export interface Clock {
  jump(ms: number): Promise<void>;
}

// The time-skipping server sometimes misses that it has nothing left to wait for, until it is asked something else.
const PATIENCE_MS = 2_000;
const LONGEST_MS = 60_000;

/**
 * Puts functions of the same names before PostgreSQL's own, so that its time can be moved. To be called before the
 * migrations, and on connections whose search path is `public, pg_catalog`.
 */
export async function makeTimeMovable({ kysely }: Database): Promise<void> {
  const moved = ['now', 'clock_timestamp'].map(
    (name) => `create function public.${name}() returns timestamptz language sql volatile
      as 'select pg_catalog.${name}() + ahead from public.moved_time'`,
  );
  await sql
    .raw(
      `create table public.moved_time (ahead interval not null);
       insert into public.moved_time values ('0');
       ${moved.join(';\n')}`,
    )
    .execute(kysely);
}

export function createClock({ nativeConnection }: TestWorkflowEnvironment, { kysely }: Database): Clock {
  const { testService } = nativeConnection;
  if (testService === undefined) throw new Error('this server cannot skip time');
  const now = async () => requiredTsToMs((await testService.getCurrentTime({})).time, 'time');
  const sleep = (ms: number) =>
    testService.unlockTimeSkippingWithSleep({ duration: msToTs(ms) }).then(
      () => true,
      () => false,
    );

  return {
    async jump(ms) {
      const until = (await now()) + ms;
      const giveUpAt = Date.now() + LONGEST_MS;
      const whole = sleep(ms);
      while (!(await Promise.race([whole, pause(PATIENCE_MS, false)])) && (await now()) < until) {
        if (Date.now() > giveUpAt) throw new Error(`${ms} ms do not pass`);
        void sleep(1);
      }
      const aheadMs = (await now()) - Date.now();
      await sql`update moved_time set ahead = ${aheadMs} * interval '1 ms'`.execute(kysely);
    },
  };
}
