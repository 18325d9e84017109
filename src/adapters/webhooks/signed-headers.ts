import { Webhook } from 'standardwebhooks';
import type { OutgoingMessage } from '../../activities/deliveries/event-sender.js';

const USER_AGENT = 'Holdfast-Webhooks/1.0';

/**
 * The headers of one try as in Standard Webhooks: signed now, with every active secret.
 * @throws Error for a message without secrets or with an invalid one, without revealing it
 */
export function signedHeaders({ messageId, secrets, body }: OutgoingMessage, now: Date): Record<string, string> {
  if (secrets.length === 0) throw new Error('a message without a secret cannot be signed');
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': USER_AGENT,
    'webhook-id': messageId,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': secrets.map((secret) => sign(secret, messageId, now, body)).join(' '),
  };
}

function sign(secret: string, messageId: string, now: Date, body: string): string {
  try {
    return new Webhook(secret).sign(messageId, now, body);
  } catch {
    throw new Error('a secret of this endpoint is not "whsec_" and base64');
  }
}
