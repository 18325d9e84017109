import { Webhook } from 'standardwebhooks';
import type { EventSender } from '../activities/event-sender.js';

/** Signs and posts messages; it calls every address. */
export function createPlainSender(): EventSender {
  return {
    async send({ messageId, url, secrets, body }, { timeoutMs, signal }) {
      const started = performance.now();
      const sentAt = new Date();
      const headers = {
        'content-type': 'application/json',
        'webhook-id': messageId,
        'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
        'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(messageId, sentAt, body)).join(' '),
      };
      const latency = () => Math.round(performance.now() - started);
      try {
        const cut = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
        const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: cut });
        await response.body?.cancel();
        const { status: statusCode } = response;
        const latencyMs = latency();
        if (response.ok) return { kind: 'accepted', statusCode, latencyMs };
        const detail = `answered ${statusCode}`;
        if (statusCode === 410) return { kind: 'gone', statusCode, detail, latencyMs };
        const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
        const asked = Number.isFinite(seconds) ? { retryAfterMs: seconds * 1_000 } : {};
        return { kind: 'refused', statusCode, detail, latencyMs, ...asked };
      } catch (error) {
        const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
        const detail = cause instanceof Error ? cause.message : 'no answer';
        return { kind: 'no_answer', detail, latencyMs: latency() };
      }
    },
    refuse: (url) =>
      URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) ? undefined : 'must be an http or https URL',
  };
}
