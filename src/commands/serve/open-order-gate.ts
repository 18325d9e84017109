import { createOpenOrderCount } from '../../temporal/open-orders.js';
import { createOrderGate, type OrderGate } from '../../api/load/load-shedder.js';
import { createPace } from '../../api/load/adaptive-limit.js';
import type { RoleParts } from './role-parts.js';

/** The load limits of this process's checkouts, from the configuration. */
export function openOrderGate({ config, reader, client, log, lifetime }: RoleParts): OrderGate {
  const gate = createOrderGate({
    pace: createPace({ most: config.MAX_CHECKOUTS, targetMs: config.ACCEPT_TARGET_MS }),
    burst: config.MAX_BURST,
    burstWaitMs: config.BURST_WAIT_MS,
    openOrders: config.MAX_OPEN_ORDERS,
    begun: reader.begun,
    countOpen: createOpenOrderCount({ client, deadlineMs: config.TEMPORAL_DEADLINE_MS }),
    log,
  });
  // After the API, whose checkouts need it, and before the database, which it queries.
  lifetime.onClose('order gate', async () => gate.close());
  return gate;
}
