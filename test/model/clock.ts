import { setTimeout as pause } from 'node:timers/promises';
import { msToTs, requiredTsToMs } from '@temporalio/common/lib/time.js';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import type { Database } from '../../src/adapters/postgres/pool.js';
import { createServerView } from './server-view.js';

/** One clock for Temporal and PostgreSQL, which a test may turn forward. */
export interface Clock {
  /** @throws LostWorkflowTask when the server will never get there, by a fault of its own */
  jump(ms: number): Promise<void>;
  /** Lets what falls due in this moment happen first, so that a message does not meet it half way. */
  passBy(): Promise<void>;
}

// The server's clock sleeps until its next timer, and is not woken when the last task that held it ends (1.38.0).
const NUDGE_EVERY_MS = 5;
const LONGEST_MS = 60_000;
const LOOK_EVERY_MS = 12_000;
/** A workflow task must have begun and ended well within this. */
const MOMENT_MS = 150;
// While the gateway is down, something is always about to be retried.
const MOST_MOMENTS = 4;

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

/**
 * Time runs as fast as everywhere until it is told to jump; then it goes from timer to timer, and waits wherever a
 * workflow or an activity is at work.
 */
export function createClock(
  { nativeConnection }: TestWorkflowEnvironment,
  { kysely }: Database,
  started: Set<string>,
): Clock {
  const { testService, workflowService } = nativeConnection;
  if (testService === undefined) throw new Error('this server cannot skip time');
  const server = createServerView(workflowService, started);
  const now = async () => requiredTsToMs((await testService.getCurrentTime({})).time, 'time');
  const moveBooks = async () => {
    const aheadMs = (await now()) - Date.now();
    await sql`update moved_time set ahead = ${aheadMs} * interval '1 ms'`.execute(kysely);
  };
  // Each unlock is answered by one lock of the server's own, so none may be sent while another is open.
  let isJumping = false;

  const jump = async (ms: number) => {
    if (isJumping) throw new Error('another jump of the clock has not ended');
    isJumping = true;
    const startedAt = Date.now();
    let lookAt = startedAt + LOOK_EVERY_MS;
    const whole = nativeConnection
      .withDeadline(startedAt + LONGEST_MS + 1_000, () =>
        testService.unlockTimeSkippingWithSleep({ duration: msToTs(ms) }),
      )
      .then(() => true);
    while (!(await Promise.race([whole, pause(NUDGE_EVERY_MS, false)]))) {
      if (Date.now() > lookAt) {
        lookAt += LOOK_EVERY_MS;
        const lost = await server.lostTask(await now());
        if (lost !== undefined || Date.now() - startedAt > LONGEST_MS) {
          whole.catch(() => {});
          throw lost ?? new Error(`${ms} ms do not pass; open are ${await server.story()}`);
        }
      }
      // A sleep of no length holds no lock; all it does is wake the clock.
      await Promise.race([whole, testService.sleep({ duration: msToTs(0) })]);
      // What happens on the way happens at its time.
      await moveBooks();
    }
    isJumping = false;
    await moveBooks();
  };

  const passBy = async () => {
    const giveUpAt = Date.now() + LONGEST_MS;
    for (let moments = 0; moments < MOST_MOMENTS;) {
      const { nextTimerMs, runningActivities } = await server.look(await now());
      if (nextTimerMs < MOMENT_MS) {
        await jump(MOMENT_MS);
        moments += 1;
      } else if (runningActivities === 0) return;
      else if (Date.now() > giveUpAt) throw new Error(`an activity does not end; open are ${await server.story()}`);
      else await pause(5);
    }
  };
  let passing: Promise<void> | undefined;

  return { jump, passBy: () => (passing ??= passBy().finally(() => (passing = undefined))) };
}
