import type { EndpointGates } from '../activities/deliveries/endpoint-gates.js';
import type { EventSender, SendResult } from '../activities/deliveries/event-sender.js';
import { jittered, pauseFor } from '../domain/delivery.js';
import { matchesFilter } from '../domain/event-filter.js';
import {
  messageOf,
  publicEventsOf,
  PUBLIC_EVENTS,
  type RecordedEvent,
  type PublicEvent,
} from '../domain/public-event.js';
import { createEndpointHealth, type EndpointHealth } from './endpoint-health.js';
import { gathered } from './batching.js';
import type { OutboxConsumer } from './outbox-event.js';
import { deliveryKey, type NewDelivery, type Subscriber, type WebhookStore } from './relay-ports.js';

export interface WebhookConsumerOptions {
  store: WebhookStore;
  sender: EventSender;
  gates: EndpointGates;
  /** The pauses before the second and each later try. */
  delaysMs: readonly number[];
  /** Called when deliveries need a workflow. */
  onOpen: () => void;
  health?: EndpointHealth;
}

/** Shorter than a workflow's tries: a relay must not wait long for any receiver. */
const FIRST_TRY_MS = 5_000;

const TRAIL_TYPES: ReadonlySet<string> = new Set(Object.values(PUBLIC_EVENTS).flat());

/**
 * Sends an event to every endpoint that wants it, once and without a workflow: most succeed at the first try. The
 * outcome is recorded before the event counts as handed on; a workflow retries deliveries that failed.
 */
export function createWebhookConsumer(options: WebhookConsumerOptions): OutboxConsumer {
  const { store, sender, gates, delaysMs, onOpen, health = createEndpointHealth() } = options;
  const subscribersNow = gathered(async (asked: null[]) => {
    const subscribers = await store.subscribers();
    return asked.map(() => subscribers);
  });
  const sourceOf = gathered((refs: { orderId: string; seq: number }[]) => store.sources(refs));
  const knownOf = gathered(async (asked: readonly PublicEvent[][]) => {
    const known = new Set(await store.known(asked.flatMap((events) => events.map(({ id }) => id))));
    return asked.map(() => known);
  });
  const add = gathered(async (added: NewDelivery[][]) => {
    await store.add(added.flat());
    return added;
  });

  return {
    name: 'webhooks',
    wants: (type) => TRAIL_TYPES.has(type),

    async take({ orderId, seq }, signal) {
      const subscribers = await subscribersNow(null);
      if (subscribers.length === 0) return;
      const source = await sourceOf({ orderId, seq });
      if (source === undefined) throw new Error(`order ${orderId} has no event ${seq}`);
      const events = publicEventsOf(source);
      if (events.length === 0) return;
      const known = await knownOf(events);

      const made = await Promise.all(
        subscribers.flatMap((subscriber) =>
          events
            .filter(({ id, type }) => isFor(subscriber, type) && !known.has(deliveryKey(subscriber.id, id)))
            .map((event) => firstTry(subscriber, source, event, signal)),
        ),
      );
      if (made.length === 0) return;
      await add(made);
      if (made.some(({ state }) => state === 'pending' || state === 'retrying')) onOpen();
    },
  };

  async function firstTry(
    subscriber: Subscriber,
    source: RecordedEvent,
    event: PublicEvent,
    signal: AbortSignal,
  ): Promise<NewDelivery> {
    const delivery = {
      endpointId: subscriber.id,
      messageId: event.id,
      type: event.type,
      orderId: source.orderId,
      seq: source.seq,
    };
    if (health.isSkipped(subscriber.id)) return { ...delivery, state: 'pending', pauseMs: 0 };

    const { id: messageId, type, timestamp: createdAt } = event;
    const body = JSON.stringify(messageOf({ messageId, type, createdAt, source }));
    const { url, secrets } = subscriber;
    const result = await gates.enter(subscriber.id, () =>
      sender.send({ messageId, url, secrets, body }, { timeoutMs: FIRST_TRY_MS, signal }),
    );
    if (result === undefined) return { ...delivery, state: 'pending', pauseMs: 0 };
    health.note(subscriber.id, result.kind === 'accepted');
    return { ...delivery, ...after(result), result };
  }

  function after(result: SendResult): Pick<NewDelivery, 'state' | 'pauseMs'> {
    if (result.kind === 'accepted') return { state: 'delivered', pauseMs: 0 };
    const [delayMs] = delaysMs;
    if (result.kind === 'gone' || delayMs === undefined) return { state: 'failed', pauseMs: 0 };
    return { state: 'retrying', pauseMs: pauseFor(jittered(delayMs, Math.random()), result) };
  }
}

function isFor({ filters }: Subscriber, type: string): boolean {
  return matchesFilter(filters, type);
}
