import { Webhook } from 'standardwebhooks';
import type { Received } from './webhook-receiver.js';
import { TEST_KEY } from './test-key.js';

export interface EndpointJson {
  id: string;
  url: string;
  state: string;
  disabled_reason: string | null;
  secret: string;
  event_types: string[];
}

export interface DeliveryJson {
  id: string;
  webhook_id: string;
  type: string;
  order_id: string | null;
  state: string;
  next_attempt_at: string | null;
  attempts: { number: number; outcome: string; status_code: number | null; detail: string }[];
}

/** Any answer; which fields are there depends on what was asked. */
type Body = EndpointJson & DeliveryJson & { data: DeliveryJson[]; code: string };

/** The webhooks of one Holdfast, over HTTP. */
export function createWebhookDesk(url: string) {
  const call = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }> => {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${TEST_KEY.text}` };
    const signal = AbortSignal.timeout(20_000);
    const response = await fetch(`${url}/v1/${path}`, { method, headers, signal, ...content });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Body };
  };
  const list = async (query: string) => (await call('GET', `webhook-deliveries?limit=100&${query}`)).body.data;

  return {
    call,
    async create(receiverUrl: string, eventTypes = ['*']): Promise<EndpointJson> {
      const { status, body } = await call('POST', 'webhook-endpoints', {
        url: receiverUrl,
        event_types: eventTypes,
      });
      if (status !== 201) throw new Error(JSON.stringify(body));
      return body;
    },
    find: async (id: string) => (await call('GET', `webhook-endpoints/${id}`)).body,
    change: (id: string, change: unknown) => call('PATCH', `webhook-endpoints/${id}`, change),
    remove: (id: string) => call('DELETE', `webhook-endpoints/${id}`),
    list,
    replay: (id: string) => call('POST', `webhook-deliveries/${id}/replay`),
    /** Reads the deliveries until what they have to be is so. */
    async until(query: string, isSo: (deliveries: DeliveryJson[]) => boolean, withinMs = 20_000) {
      const deadline = Date.now() + withinMs;
      for (;;) {
        const deliveries = await list(query);
        if (isSo(deliveries)) return deliveries;
        if (Date.now() > deadline) throw new Error(`not so: ${JSON.stringify(deliveries)}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
}

/** Whether the reference library takes the message for one that was signed with this secret. */
export function isSignedBy(secret: string, { body, headers }: Received): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}
