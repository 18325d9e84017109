// Preloaded (`--import`) into every thread of a process of Holdfast: writes what it does to COSTS_FILE, a line of JSON each.
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { subscribe } from 'node:diagnostics_channel';
import { Script } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

const file = process.env.COSTS_FILE;
const require = createRequire(import.meta.url);
const note = (kind, what) => appendFileSync(file, `${JSON.stringify({ kind, ...what })}\n`);

/** Calls `before` with the arguments of each call of a method. */
function onCall(holder, name, before) {
  const original = holder[name];
  holder[name] = function (...args) {
    before.call(this, ...args);
    return original.apply(this, args);
  };
}

if (isMainThread) {
  onCall(require('pg').Client.prototype, 'query', function (query, values) {
    const text = typeof query === 'string' ? query : query.text;
    note('statement', {
      connection: this.processID,
      text,
      values: query.values ?? (Array.isArray(values) ? values : []),
    });
  });
  subscribe('undici:request:create', ({ request }) => {
    note('http', { method: request.method, origin: request.origin, path: request.path });
  });
} else {
  const { BaseVMWorkflow } = require('@temporalio/worker/lib/workflow/vm-shared.js');
  onCall(BaseVMWorkflow.prototype, 'activate', function ({ jobs = [] }) {
    note('activation', {
      runId: this.runId,
      jobs: jobs.map((job) => Object.keys(job).find((key) => (job[key] ?? undefined) !== undefined)),
    });
  });
  onCall(Script.prototype, 'runInContext', function () {
    note('vm entry', {});
  });
}
