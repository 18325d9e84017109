// Preloaded: says at the end which CommonJS modules the program has loaded; OpenTelemetry has no others.
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const { cache } = createRequire(import.meta.url);

if (isMainThread) {
  process.on('exit', () => {
    const packages = Object.keys(cache).map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
    writeSync(2, `\nloaded: ${[...new Set(packages)].join(' ')}\n`);
  });
}
