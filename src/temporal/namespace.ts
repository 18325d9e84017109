import type { Client } from '@temporalio/client';
import { ORDER_OUTCOME } from '../workflows/contract.js';

const KEYWORD = 2;
const VISIBLE_WITHIN_MS = 30_000;
const PAUSE_MS = 250;

/**
 * Registers the search attribute that orders set. Without it a failing order's workflow could never end.
 * @throws Error when Temporal does not know it in time
 */
export async function prepareNamespace(client: Client): Promise<void> {
  const { namespace } = client.options;
  const { operatorService } = client.connection;
  const isKnown = async () => {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    return Number(customAttributes?.[ORDER_OUTCOME.name]) === KEYWORD;
  };

  if (await isKnown()) return;
  await operatorService.addSearchAttributes({ namespace, searchAttributes: { [ORDER_OUTCOME.name]: KEYWORD } });
  const deadline = Date.now() + VISIBLE_WITHIN_MS;
  while (!(await isKnown())) {
    if (Date.now() > deadline) throw new Error(`Temporal does not know the search attribute ${ORDER_OUTCOME.name}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
