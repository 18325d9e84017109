import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { RunReader } from '../activities/audit/audit-ports.js';
import { ORDER_ID_PATTERN } from '../domain/ids.js';
import {
  CANCEL_SETTLED_ORDER,
  cancelWorkflowId,
  orderWorkflowId,
  PROCESS_ORDER,
  RECOVER_ORDER,
  recoverWorkflowId,
  refundWorkflowId,
} from '../workflows/contract.js';
import { boundedBy, isNotFound } from './bounded-calls.js';

/** A kind of workflow that works on an order; its id ends with the order's id. */
interface OrderRunKind {
  workflowType: string;
  workflowIdOf(orderId: string): string;
}

const CHECKOUT: OrderRunKind = { workflowType: PROCESS_ORDER, workflowIdOf: orderWorkflowId };
const KINDS: readonly OrderRunKind[] = [
  CHECKOUT,
  { workflowType: CANCEL_SETTLED_ORDER, workflowIdOf: cancelWorkflowId },
  { workflowType: RECOVER_ORDER, workflowIdOf: recoverWorkflowId },
];

export interface RunReaderSettings {
  client: Client;
  /** How long Temporal may take to answer one query, in milliseconds... */
  deadlineMs: number;
  /** ...and a list. */
  listDeadlineMs: number;
  /** The most runs in one list. */
  most: number;
}

const PAGE_SIZE = 500;
const ENDED_BADLY = ['Failed', 'Terminated', 'TimedOut', 'Canceled'];
const ENDED_BADLY_NAMES: readonly string[] = ['FAILED', 'TERMINATED', 'TIMED_OUT', 'CANCELLED'];
const CLOSED: readonly string[] = [...ENDED_BADLY_NAMES, 'COMPLETED'];

/** Order workflows in Temporal. Lists may lag and are only hints; `isRunning` is exact. */
export function createRunReader(settings: RunReaderSettings): RunReader {
  const { client, deadlineMs, listDeadlineMs, most } = settings;
  const bounded = boundedBy(client, deadlineMs);

  /** The ids of the orders whose runs match, without duplicates, in the order of the list. */
  const list = (
    among: readonly OrderRunKind[],
    query: string,
    accepts: (run: WorkflowExecutionInfo) => boolean,
    limit = most,
  ) =>
    bounded(async () => {
      const types = among.map(({ workflowType }) => quoted(workflowType)).join(', ');
      const orderIds = new Set<string>();
      let seen = 0;
      for await (const run of client.workflow.list({
        query: `WorkflowType IN (${types}) AND ${query}`,
        pageSize: PAGE_SIZE,
      })) {
        const orderId = orderIdOf(among, run);
        if (orderId !== undefined && accepts(run)) orderIds.add(orderId);
        seen += 1;
        if (seen >= limit) break;
      }
      return [...orderIds];
    }, listDeadlineMs);

  const isOpen = async (workflowId: string): Promise<boolean> => {
    try {
      const { status } = await bounded(() => client.workflow.getHandle(workflowId).describe());
      return !CLOSED.includes(status.name);
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  };

  return {
    async endedBadly(windowMs) {
      const since = new Date(Date.now() - windowMs);
      const statuses = ENDED_BADLY.map(quoted).join(', ');
      const query = `ExecutionStatus IN (${statuses}) AND CloseTime > ${quoted(since.toISOString())}`;
      return list(KINDS, query, ({ status }) => ENDED_BADLY_NAMES.includes(status.name));
    },

    async checkingOut(ageMs) {
      const before = new Date(Date.now() - ageMs);
      const query = `ExecutionStatus = 'Running' AND StartTime < ${quoted(before.toISOString())}`;
      return list([CHECKOUT], query, ({ startTime }) => startTime < before);
    },

    async checkedOut(windowMs, limit) {
      const now = Date.now();
      const slice = async (since: number, until: number): Promise<string[]> => {
        const times = [since, until].map((at) => quoted(new Date(at).toISOString()));
        const query = `ExecutionStatus = 'Completed' AND CloseTime BETWEEN ${times.join(' AND ')}`;
        return list([CHECKOUT], query, ({ status }) => status.name === 'COMPLETED', limit);
      };
      const newest = await slice(now - windowMs, now);
      if (newest.length < limit) return newest;
      const older = await slice(now - windowMs, now - Math.random() * windowMs);
      return [...new Set([...newest, ...older])];
    },

    async isRunning(orderId) {
      for (const { workflowIdOf } of KINDS) {
        if (await isOpen(workflowIdOf(orderId))) return true;
      }
      return false;
    },

    isRefunding: (refundId) => isOpen(refundWorkflowId(refundId)),
  };
}

function orderIdOf(kinds: readonly OrderRunKind[], { type, workflowId }: WorkflowExecutionInfo): string | undefined {
  const prefix = kinds.find(({ workflowType }) => workflowType === type)?.workflowIdOf('');
  if (prefix === undefined || !workflowId.startsWith(prefix)) return undefined;
  const orderId = workflowId.slice(prefix.length);
  return ORDER_ID_PATTERN.test(orderId) ? orderId : undefined;
}

/** A string in a visibility query. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
