// After tsc: the SQL migrations and the console's assets beside their code, and the workflows as bundles that workers load: one
// for every day, and one for tracing, so that no one else pays for it.
import { chmod, cp, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const root = new URL('../', import.meta.url);
const at = (path) => fileURLToPath(new URL(path, root));

await cp(at('src/adapters/postgres/migrations'), at('dist/adapters/postgres/migrations'), { recursive: true });

await cp(at('src/console/assets'), at('dist/console/assets'), { recursive: true });

// `npx holdfast` runs this file itself.
await chmod(at('dist/main.js'), 0o755);

await bundle('dist/workflow-bundle.js', ['dist/workflows/telemetry/log-subject.js']);
await bundle('dist/workflow-bundle-traced.js', [
  'dist/workflows/telemetry/traced.js',
  'dist/workflows/telemetry/log-subject.js',
]);

async function bundle(file, interceptors) {
  const silent = () => {};
  const { code } = await bundleWorkflowCode({
    workflowsPath: at('dist/workflows/index.js'),
    workflowInterceptorModules: interceptors.map(at),
    // Loaded once for all workflows instead of once for each: a test ensures that none of these keeps state.
    preloadModules: ['dist/workflows/index.js', 'dist/workflows/telemetry/log-subject.js'].map(at),
    logger: { log: silent, trace: silent, debug: silent, info: silent, warn: console.warn, error: console.error },
  });
  await writeFile(at(file), code);
}
