import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import type { Stack } from './stack.js';

/**
 * Replays the histories of all checkouts with one of the bundles.
 * @returns how many there were
 * @throws for the first one that this bundle would not have written
 */
export async function replayed({ client }: Stack, bundle: string): Promise<number> {
  const codePath = fileURLToPath(new URL(`../../dist/${bundle}`, import.meta.url));
  const histories = client.workflow.list({ query: "WorkflowType = 'processOrder'" }).intoHistories();
  let count = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: { codePath } }, histories)) {
    if (error !== undefined) throw new Error(`${workflowId} cannot be replayed`, { cause: error });
    count += 1;
  }
  return count;
}
