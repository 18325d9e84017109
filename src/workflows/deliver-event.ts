import { continueAsNew, proxyActivities } from '@temporalio/workflow';
import type { DeliveryActivities } from '../activities/deliveries/deliveries.js';
import { jittered } from '../domain/delivery.js';
import { DELIVERY_RETRIES } from '../domain/retry-policy.js';
import { DELIVERY_TASK_QUEUE, type DeliveryRun } from './contract.js';
import { isLarge } from './messages/long-run.js';
import { sleepFor } from './telemetry/waiting.js';

/** Tries one delivery until the receiver accepts it or its schedule is over. @returns how it ended */
export async function deliverEvent(run: DeliveryRun): Promise<'delivered' | 'failed' | 'over'> {
  const { deliveryId, round, delaysMs } = run;
  const { attemptDelivery } = proxyActivities<DeliveryActivities>({
    ...DELIVERY_RETRIES,
    taskQueue: DELIVERY_TASK_QUEUE,
  });
  let waitMs = run.waitMs;
  let { postponed = 0 } = run;

  for (let tries = run.tries; ;) {
    if (waitMs > 0) await sleepFor(waitMs, 'until the next try of the delivery');
    const delayMs = delaysMs[tries];
    const pause = delayMs === undefined ? {} : { pauseMs: jittered(delayMs, Math.random()) };
    const outcome = await attemptDelivery({ deliveryId, round, postponed, ...pause });
    switch (outcome.kind) {
      case 'again':
        tries += 1;
        postponed = 0;
        waitMs = outcome.pauseMs;
        break;
      case 'later':
        postponed += 1;
        waitMs = jittered(outcome.pauseMs, Math.random());
        if (isLarge()) return continueAsNew<typeof deliverEvent>({ ...run, tries, postponed, waitMs });
        break;
      case 'delivered':
      case 'failed':
      case 'over':
        return outcome.kind;
    }
  }
}
