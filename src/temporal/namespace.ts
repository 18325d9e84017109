import type { Client } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { Unavailable } from '../domain/unavailable.js';
import { SEARCH_ATTRIBUTES } from '../workflows/contract.js';
import { boundedBy, isAlreadyStarted, isNamespaceMissing } from './bounded-calls.js';
import type { TemporalNeed } from './temporal-need.js';

// Numbers of `IndexedValueType`.
const NUMBER_OF = { Keyword: 2, Int: 3 };
const ATTRIBUTES = Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => ({
  name,
  type: NUMBER_OF[type],
  need: `search attribute ${name}`,
}));
const RETENTION_MS = 72 * 3_600_000;
const CALL_MS = 2_000;
const VISIBLE_WITHIN_MS = 30_000;
const PAUSE_MS = 250;

/**
 * The namespace, with the search attributes that orders set: without them, no checkout could start, and the workflow of a
 * failed order could never end.
 */
export function orderNamespace(client: Client): TemporalNeed {
  const { namespace } = client.options;
  const { operatorService } = client.connection;
  const bounded = boundedBy(client, CALL_MS);
  const NAMESPACE = `namespace ${namespace}`;

  const missing = async (): Promise<string[]> => {
    try {
      const { customAttributes } = await bounded(() => operatorService.listSearchAttributes({ namespace }));
      return ATTRIBUTES.filter(({ name, type }) => Number(customAttributes?.[name]) !== type).map(({ need }) => need);
    } catch (error) {
      if (error instanceof Unavailable && isNamespaceMissing(error.cause)) {
        return [NAMESPACE, ...ATTRIBUTES.map(({ need }) => need)];
      }
      throw error;
    }
  };

  /** Temporal's services see it a moment later. */
  const visible = async (what: string): Promise<void> => {
    const deadline = Date.now() + VISIBLE_WITHIN_MS;
    while ((await missing()).includes(what)) {
      if (Date.now() > deadline) throw new Error(`Temporal does not know the ${what}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };

  return {
    missing,
    async create() {
      if ((await missing()).includes(NAMESPACE)) {
        const workflowExecutionRetentionPeriod = msToTs(RETENTION_MS);
        await unlessThere(
          bounded(() => client.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod })),
        );
        await visible(NAMESPACE);
      }
      for (const { name, type, need } of ATTRIBUTES) {
        const searchAttributes = { [name]: type };
        await unlessThere(bounded(() => operatorService.addSearchAttributes({ namespace, searchAttributes })));
        await visible(need);
      }
    },
  };
}

async function unlessThere(creating: Promise<unknown>): Promise<void> {
  try {
    await creating;
  } catch (error) {
    if (!isAlreadyStarted(error)) throw error;
  }
}
