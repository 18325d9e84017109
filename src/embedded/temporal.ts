import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { endServer, spawnDetached } from './detached-server.js';
import { reasonOf } from './errors.js';
import { withFileLock } from './file-lock.js';
import { poll } from './poll.js';
import { listensOn, requireFreePort } from './tcp-ports.js';
import { stillRuns, type ProcessMark } from './process-mark.js';
import type { Report } from './report.js';
import { temporalArguments, type TemporalArguments } from './temporal-arguments.js';
import { readRecord, removeRecord, writeRecord, type TemporalRecord } from './temporal-record.js';

export interface TemporalOptions extends TemporalArguments {
  /** The `temporal` program. */
  executable: string;
  report: Report;
  /** Ends the start early, with whatever it has started. */
  signal?: AbortSignal;
}

export interface EmbeddedTemporal {
  /** Host and port for clients and workers; an adopted server keeps the port it was started with. */
  address: string;
  uiUrl: string;
  pid: number;
  outcome: 'started' | 'adopted';
  /** Where the server says why it ended. */
  logFile: string;
  isRunning(): Promise<boolean>;
  /** Ends the server, an adopted one too. Does nothing when it has ended already. */
  stop(): Promise<void>;
}

const LOCK_WAIT_MS = 180_000;
const READY_MS = 60_000;
const ANSWER_MS = 2_000;
const STOP_MS = 15_000;

/**
 * Starts Temporal's development server on a file in `directory`, or adopts the one an earlier run left behind there.
 * @throws Error naming TEMPORAL_PORT or TEMPORAL_UI_PORT when a port is taken, or with the last lines of the log.
 */
export async function startTemporal(options: TemporalOptions): Promise<EmbeddedTemporal> {
  await mkdir(options.directory, { recursive: true });
  const directory = await realpath(options.directory);
  const onWait = (pid: number) => options.report(`Temporal: process ${pid} is starting it; waiting`);
  const { namespace, signal } = options;
  return withFileLock(join(directory, 'start.lock'), { waitMs: LOCK_WAIT_MS, onWait, signal }, async () => {
    const survivor = await readRecord(directory);
    if (survivor !== undefined && (await adopts(survivor, namespace, signal))) {
      return handle(directory, survivor, 'adopted');
    }
    return handle(directory, await launch({ ...options, directory }), 'started');
  });
}

/** The server that an earlier run left behind in this directory. */
export async function temporalSurvivor(directory: string): Promise<TemporalRecord | undefined> {
  return readRecord(directory);
}

/** Whether the server answers. One that does not is ended when we are asked to end, like one that does. */
async function adopts(record: TemporalRecord, namespace: string, signal?: AbortSignal): Promise<boolean> {
  return becomesReady(record, namespace, signal).catch(async (error: unknown) => {
    if (signal?.aborted === true) await endTemporal(record.mark);
    throw error;
  });
}

async function launch(options: TemporalOptions): Promise<TemporalRecord> {
  const { executable, directory, port, uiPort, namespace, report, signal } = options;
  await requireFreePorts(options);
  report(`Temporal: starting in ${directory}`);
  signal?.throwIfAborted();
  const command = { file: executable, args: temporalArguments(options) };
  const server = await spawnDetached(command, logFileOf(directory));
  const record = { mark: server.mark, port, uiPort };
  try {
    await writeRecord(directory, record);
    if (await becomesReady(record, namespace, signal)) return record;
  } catch (error) {
    await endTemporal(server.mark);
    signal?.throwIfAborted();
    throw new Error(`${reasonOf(error)}\n${await server.lastLines()}`, { cause: error });
  }
  await requireFreePorts(options);
  throw new Error(`Temporal ended while it started:\n${await server.lastLines()}`);
}

async function requireFreePorts({ port, uiPort }: TemporalOptions): Promise<void> {
  await requireFreePort(port, 'TEMPORAL_PORT');
  await requireFreePort(uiPort, 'TEMPORAL_UI_PORT');
}

/** False when the server ended. @throws Error when it lives but does not serve the namespace within the deadline. */
async function becomesReady(
  { mark, port, uiPort }: TemporalRecord,
  namespace: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const look = async () => {
    if (!(await stillRuns(mark))) return false;
    if (!(await servesNamespace(uiPort, namespace))) return undefined;
    // Whatever else holds the ports could answer just as well.
    const owners = await Promise.all([listensOn(mark.pid, port), listensOn(mark.pid, uiPort)]);
    return owners.includes(false) ? undefined : true;
  };
  const ready = await poll(READY_MS, look, signal);
  if (ready !== undefined) return ready;
  throw new Error(`Temporal (process ${mark.pid}) runs but does not serve the namespace ${namespace} on port ${port}`);
}

/** The Web UI asks the frontend by gRPC, so its answer proves both, and that the namespace is loaded. */
async function servesNamespace(uiPort: number, namespace: string): Promise<boolean> {
  try {
    const url = `http://127.0.0.1:${uiPort}/api/v1/namespaces/${encodeURIComponent(namespace)}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function handle(
  directory: string,
  { mark, port, uiPort }: TemporalRecord,
  outcome: EmbeddedTemporal['outcome'],
): EmbeddedTemporal {
  return {
    address: `127.0.0.1:${port}`,
    uiUrl: `http://127.0.0.1:${uiPort}`,
    pid: mark.pid,
    outcome,
    logFile: logFileOf(directory),
    isRunning: () => stillRuns(mark),
    async stop() {
      await endTemporal(mark);
      if ((await readRecord(directory)) === undefined) await removeRecord(directory);
    },
  };
}

const logFileOf = (directory: string) => join(directory, 'temporal.log');

async function endTemporal(mark: ProcessMark): Promise<void> {
  await endServer(mark, ['SIGINT', 'SIGKILL'], STOP_MS);
}
