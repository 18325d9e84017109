import { readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { eventually } from '../support/end-state.js';

/** A workflow's history as it is kept in the repository, gzipped, under the name of what it went through. */
export interface KeptHistory {
  workflowId: string;
  history: unknown;
}

const SUFFIX = '.json.gz';
const FOLDER = new URL('histories/', import.meta.url);

/** What machines and processes are called must not be kept. */
const LOCAL: Record<string, string> = { identity: 'worker', stackTrace: '', binaryChecksum: '' };

/** The names of all kept histories. */
export async function keptHistories(): Promise<string[]> {
  const files = await readdir(fileURLToPath(FOLDER));
  return files.filter((file) => file.endsWith(SUFFIX)).map((file) => file.slice(0, -SUFFIX.length));
}

export async function readHistory(name: string): Promise<KeptHistory> {
  const packed = await readFile(new URL(`${name}${SUFFIX}`, FOLDER));
  return JSON.parse(gunzipSync(packed).toString()) as KeptHistory;
}

export type Recorder = ReturnType<typeof createRecorder>;

/** Keeps what workflows went through. */
export function createRecorder(client: Client) {
  async function keep(name: string, workflowId: string): Promise<void> {
    const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
    // The replay of a history without a finished task never ends.
    if (!events?.some(({ workflowTaskCompletedEventAttributes: task }) => (task ?? undefined) !== undefined)) {
      throw new Error(`${workflowId} has not begun`);
    }
    const kept: KeptHistory = { workflowId, history: cleaned(JSON.parse(historyToJSON({ events }))) };
    const packed = gzipSync(JSON.stringify(kept), { level: 9 });
    await writeFile(new URL(`${name}${SUFFIX}`, FOLDER), packed);
  }
  const statusOf = async (workflowId: string) => {
    const { status, raw } = await client.workflow.getHandle(workflowId).describe();
    return { name: status.name, isBusy: (raw.pendingWorkflowTask ?? undefined) !== undefined };
  };

  return {
    /** One that has ended. */
    async closed(name: string, workflowId: string): Promise<void> {
      await eventually(
        () => statusOf(workflowId),
        (status) => status.name !== 'RUNNING',
      );
      await keep(name, workflowId);
    },
    /** One that is waiting, as new code will find it. */
    async open(name: string, workflowId: string): Promise<void> {
      await eventually(
        () => statusOf(workflowId),
        (status) => !status.isBusy,
      );
      const { name: status } = await statusOf(workflowId);
      if (status !== 'RUNNING') throw new Error(`${workflowId} is ${status}`);
      await keep(`open-${name}`, workflowId);
    },
  };
}

function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, LOCAL[key] ?? (isStickyQueue(child) ? {} : cleaned(child))]),
  );
}

/** Named after a process. */
function isStickyQueue(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'TASK_QUEUE_KIND_STICKY';
}
