import { DONE, startDeadlyLine, type DeadlyLine, type Strike } from './deadly-line.js';
import { createShop } from './shop.js';
import type { Stack } from './stack.js';

export const QUICK = {
  RETRY_INITIAL_MS: '100',
  GATEWAY_SETTLING_MS: '0',
  BREAKER_FAILURES: '1000',
  LOOKUP_MAXIMUM_MS: '500',
};

/** Where a worker is killed. */
export interface CrashPoint {
  line: 'database' | 'gateway';
  when: Strike['when'];
  /** What the worker is saying there, besides the order's id. */
  says(said: string): boolean;
}

/** A prepared statement that is being run. */
export const runs = (statement: string) => (said: string) => said.includes(`\0${statement}\0`);
/** The end of a transaction that has said this. */
export const commits = (something: string) => (said: string) => {
  const at = said.indexOf(something);
  return at >= 0 && said.includes('commit\0', at);
};
export const posts = (path: string) => (said: string) => said.includes(`POST ${path}`);

/** Meets orders with workers that die on them. */
export function createCrashRoad(stack: Stack) {
  const lines: DeadlyLine[] = [];
  const lineTo = async (target: string, isDone: (answer: string) => boolean) => {
    const line = await startDeadlyLine(target, isDone);
    lines.push(line);
    return line;
  };

  return {
    /**
     * Has a worker of its own take the order up to the point, where it is killed.
     * @returns whether it was
     */
    async crash({ line, when, says }: CrashPoint, orderId: string, begin: () => Promise<unknown>): Promise<boolean> {
      const database = await lineTo(new URL(stack.databaseUrl).host, DONE.postgres);
      const gateway = await lineTo(new URL(stack.sandboxUrl).host, DONE.http);
      const worker = await stack.serve('worker', {
        ...QUICK,
        DATABASE_URL: Object.assign(new URL(stack.databaseUrl), { host: database.address }).href,
        SANDBOX_URL: `http://${gateway.address}`,
      });
      const sees = (said: string) => said.includes(orderId) && says(said);
      const struck = new Promise<boolean>((resolve) => {
        (line === 'database' ? database : gateway).strike({ sees, when }, () => {
          worker.kill('SIGKILL');
          resolve(true);
        });
        setTimeout(() => resolve(false), 20_000).unref();
      });
      await begin();
      const wasStruck = await struck;
      if (!wasStruck) worker.kill('SIGKILL');
      await worker.exited;
      return wasStruck;
    },

    async close() {
      await Promise.all(lines.map((line) => line.close()));
    },
  };
}

export const openShop = async (stack: Stack) => createShop((await stack.serve('api', QUICK)).url);
