import { WorkflowNotFoundError, type Client, type WorkflowExecutionInfo } from '@temporalio/client';
import type { RunLister } from '../activities/audit/audit-ports.js';
import { ORDER_ID_PATTERN } from '../domain/ids.js';
import { inTime } from '../in-time.js';
import { Unavailable } from '../domain/unavailable.js';

/** A sort of workflow that answers for an order. */
export interface OrderRunKind {
  workflowType: string;
  /** The order's id is what it ends with. */
  workflowIdOf(orderId: string): string;
}

export interface RunListerSettings {
  client: Client;
  checkout: OrderRunKind;
  /** What else may be working on an order, such as its cancellation or recovery. */
  others: readonly OrderRunKind[];
  /** The workflow of a requested refund. */
  refundWorkflowIdOf(refundId: string): string;
  /** How long Temporal may take over one question, in milliseconds... */
  deadlineMs: number;
  /** ...and over a list. */
  listDeadlineMs: number;
  /** Most runs of one list. */
  most: number;
}

const PAGE_SIZE = 500;
const ENDED_BADLY = ['Failed', 'Terminated', 'TimedOut', 'Canceled'];
const ENDED_BADLY_NAMES: readonly string[] = ['FAILED', 'TERMINATED', 'TIMED_OUT', 'CANCELLED'];
const CLOSED: readonly string[] = [...ENDED_BADLY_NAMES, 'COMPLETED'];

/** Order workflows as Temporal knows them. Lists may lag and are only hints; `isRunning` is the truth. */
export function createRunLister(settings: RunListerSettings): RunLister {
  const { client, checkout, others, deadlineMs, listDeadlineMs, most } = settings;
  const kinds = [checkout, ...others];

  const bounded = <T>(ms: number, call: () => Promise<T>) => within(ms, client.withDeadline(Date.now() + ms, call));

  /** The ids of the orders whose runs match, once each, in the order of the list. */
  const list = (
    among: readonly OrderRunKind[],
    query: string,
    accepts: (run: WorkflowExecutionInfo) => boolean,
    limit = most,
  ) =>
    bounded(listDeadlineMs, async () => {
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
    });

  const isOpen = async (workflowId: string): Promise<boolean> => {
    try {
      const { status } = await bounded(deadlineMs, () => client.workflow.getHandle(workflowId).describe());
      return !CLOSED.includes(status.name);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  };

  return {
    async endedBadly(windowMs) {
      const since = new Date(Date.now() - windowMs);
      const statuses = ENDED_BADLY.map(quoted).join(', ');
      const query = `ExecutionStatus IN (${statuses}) AND CloseTime > ${quoted(since.toISOString())}`;
      return list(kinds, query, ({ status }) => ENDED_BADLY_NAMES.includes(status.name));
    },

    async checkingOut(ageMs) {
      const before = new Date(Date.now() - ageMs);
      const query = `ExecutionStatus = 'Running' AND StartTime < ${quoted(before.toISOString())}`;
      return list([checkout], query, ({ startTime }) => startTime < before);
    },

    async checkedOut(windowMs, limit) {
      const now = Date.now();
      const slice = async (since: number, until: number): Promise<string[]> => {
        const times = [since, until].map((at) => quoted(new Date(at).toISOString()));
        const query = `ExecutionStatus = 'Completed' AND CloseTime BETWEEN ${times.join(' AND ')}`;
        return list([checkout], query, ({ status }) => status.name === 'COMPLETED', limit);
      };
      const newest = await slice(now - windowMs, now);
      if (newest.length < limit) return newest;
      const older = await slice(now - windowMs, now - Math.random() * windowMs);
      return [...new Set([...newest, ...older])];
    },

    async isRunning(orderId) {
      for (const { workflowIdOf } of kinds) {
        if (await isOpen(workflowIdOf(orderId))) return true;
      }
      return false;
    },

    isRefunding: (refundId) => isOpen(settings.refundWorkflowIdOf(refundId)),
  };
}

function orderIdOf(kinds: readonly OrderRunKind[], { type, workflowId }: WorkflowExecutionInfo): string | undefined {
  const prefix = kinds.find(({ workflowType }) => workflowType === type)?.workflowIdOf('');
  if (prefix === undefined || !workflowId.startsWith(prefix)) return undefined;
  const orderId = workflowId.slice(prefix.length);
  return ORDER_ID_PATTERN.test(orderId) ? orderId : undefined;
}

/** A string of a visibility query. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** A native connection's own retries outlive the deadline of a call. */
async function within<T>(ms: number, call: Promise<T>): Promise<T> {
  return inTime(ms, call, () => new Unavailable('temporal', new Error(`no answer within ${ms} ms`)));
}
