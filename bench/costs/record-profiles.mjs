// Preloaded (`--import`) into every thread of a process of Holdfast: SIGUSR2 begins a recording, the next one ends it. Writes
// a CPU profile, a sample of what was allocated, and the number of activations of each thread to PROFILES_DIRECTORY.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';

const SAMPLED = {
  samplingInterval: 16_384,
  includeObjectsCollectedByMajorGC: true,
  includeObjectsCollectedByMinorGC: true,
};
const directory = process.env.PROFILES_DIRECTORY;
const name = isMainThread ? 'main' : `thread-${threadId}`;
const counts = { activations: 0, vmEntries: 0 };
const channel = new BroadcastChannel('holdfast-profiles');
channel.unref();
let session;

async function begin() {
  session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('HeapProfiler.startSampling', SAMPLED);
  await session.post('Profiler.start');
  Object.assign(counts, { activations: 0, vmEntries: 0 });
}

async function end() {
  const cpu = (await session.post('Profiler.stop')).profile;
  const heap = (await session.post('HeapProfiler.stopSampling')).profile;
  session.disconnect();
  session = undefined;
  writeFileSync(join(directory, `${name}.cpuprofile`), JSON.stringify(cpu));
  writeFileSync(join(directory, `${name}.heapprofile`), JSON.stringify(heap));
  // Written last, so that the others are there once this one is.
  writeFileSync(join(directory, `${name}.counts.json`), JSON.stringify(counts));
}

const toggle = () => void (session === undefined ? begin() : end());
channel.addEventListener('message', toggle);
if (isMainThread) {
  process.on('SIGUSR2', () => {
    // Within one process there is no origin; the linter takes it for a window's.
    channel.postMessage('toggle', '*');
    toggle();
  });
} else {
  const { BaseVMWorkflow } = createRequire(import.meta.url)('@temporalio/worker/lib/workflow/vm-shared.js');
  const counted = (holder, method, count) => {
    const original = holder[method];
    holder[method] = function (...args) {
      counts[count] += 1;
      return original.apply(this, args);
    };
  };
  counted(BaseVMWorkflow.prototype, 'activate', 'activations');
  counted(Script.prototype, 'runInContext', 'vmEntries');
}
