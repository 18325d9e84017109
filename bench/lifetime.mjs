import { rm } from 'node:fs/promises';

/** Remembers how to stop what was started, also what is still starting, and stops it in reverse order. */
export function createLifetime() {
  const parts = [];
  let stopping = false;
  const signal = new Promise((_, reject) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      // Kept for good: a second Ctrl-C must not cut the stopping short and leave servers behind.
      process.on(name, () => reject(new Error(`stopped by ${name}`, { cause: 'signal' })));
    }
  });
  signal.catch(() => {});

  return {
    /** Starts a part, which is stopped at the end; `begin` promises something with `stop()`. */
    async start(name, begin) {
      if (stopping) throw new Error(`${name} is not started any more`);
      const starting = begin();
      parts.push({ name, starting });
      return starting;
    },

    /** Rejects when the work does, when a signal comes, or when the time is over. */
    async bounded(work, ms) {
      let timer;
      const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not done after ${ms / 1000} s`)), ms);
      });
      try {
        return await Promise.race([work, signal, late]);
      } finally {
        clearTimeout(timer);
      }
    },

    async stopAll() {
      stopping = true;
      for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
        const started = await part.starting.catch(() => undefined);
        await started?.stop().catch((error) => console.error(`${part.name} did not stop: ${error.message}`));
      }
    },
  };
}

/** Does the work within its time, stops whatever was started, removes the directory, and ends the process. */
export async function runToEnd(lifetime, directory, work, longestMs) {
  try {
    await lifetime.bounded(work(), longestMs);
  } catch (error) {
    console.error(`✖ ${error.message}`);
    process.exitCode = 1;
  }
  await lifetime.stopAll();
  await rm(directory, { recursive: true, force: true });
  process.exit();
}
