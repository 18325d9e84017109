// After tsc: the SQL migrations beside their code, and the workflows as one bundle that every worker loads.
import { cp, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const root = new URL('../', import.meta.url);
const at = (path) => fileURLToPath(new URL(path, root));

await cp(at('src/adapters/postgres/migrations'), at('dist/adapters/postgres/migrations'), { recursive: true });

const silent = () => {};
const { code } = await bundleWorkflowCode({
  workflowsPath: at('dist/workflows/index.js'),
  logger: { log: silent, trace: silent, debug: silent, info: silent, warn: console.warn, error: console.error },
});
await writeFile(at('dist/workflow-bundle.js'), code);
