/** A receiver of events, without its secrets. Times are RFC 3339, UTC. */
export interface WebhookEndpoint {
  id: string;
  url: string;
  description: string;
  eventTypes: string[];
  state: 'enabled' | 'disabled';
  disabledReason: string | null;
  /** Until when the previous secret is used as well. */
  oldSecretUntil: string | null;
  createdAt: string;
  updatedAt: string;
}

/** One message to one endpoint, with every try. Times are RFC 3339, UTC. */
export interface WebhookDelivery {
  id: string;
  endpointId: string;
  messageId: string;
  type: string;
  /** Absent for a test. */
  orderId: string | null;
  state: 'pending' | 'retrying' | 'delivered' | 'failed' | 'cancelled';
  nextAttemptAt: string | null;
  attempts: DeliveryAttempt[];
  createdAt: string;
  updatedAt: string;
}

/** One delivery with what is sent to the endpoint. */
export interface DeliveryWithPayload extends WebhookDelivery {
  payload: object;
}

export interface DeliveryAttempt {
  number: number;
  at: string;
  outcome: 'accepted' | 'refused' | 'gone' | 'no_answer' | 'not_sent';
  statusCode: number | null;
  detail: string;
  latencyMs: number;
  /** The first kilobyte of the answer's body; null without an answer. */
  response: string | null;
}

/** How long messages are signed with the old secret as well as the new one. */
export const OLD_SECRET_MS = 24 * 3_600_000;

/** Limits the work of each event. */
export const MOST_ENDPOINTS = 50;
