import type { SandboxEvent } from './event.js';
import { signedHeaders, signingKeyOf } from './signature.js';

export interface EventSettings {
  /** Where events are posted. */
  url: string;
  /** One or more of `whsec_<base64>`; each signs every event. */
  secrets: readonly string[];
  /** How often an event is sent before it is given up; default 10. */
  tries?: number;
  /** The pause before the second try, then doubled up to a minute; default 500 ms. */
  retryMs?: number;
  /** Events beyond this many in progress are dropped; default 10,000. */
  maxPending?: number;
  timeoutMs?: number;
}

/** How events are sent, for tests and demos of bad delivery. */
export interface SendingBehaviour {
  copies: number;
  delay_ms: number;
  /** Each copy waits a random part of the delay, or of a quarter of a second if that is longer. */
  shuffle: boolean;
}

/** Posts events until the receiver accepts them. After a restart, they can be sent again on request. */
export interface EventSender {
  send(event: SandboxEvent): void;
  /** Applies to events that are sent from now on. */
  behave(behaviour: SendingBehaviour): void;
  /** Aborts everything that is waiting or in progress. */
  close(): Promise<void>;
}

export interface SenderTools {
  now: () => Date;
  /** Called for every event that is dropped or given up. */
  onFault: (error: unknown) => void;
}

interface Delivery {
  event: SandboxEvent;
  tried: number;
}

const atOnce = 16;
const maxRetryMs = 60_000;
const shuffleMs = 250;

/** Throws a `TypeError` for an invalid URL or secret, without revealing it. */
export function createEventSender(settings: EventSettings, { now, onFault }: SenderTools): EventSender {
  const { tries = 10, retryMs = 500, maxPending = 10_000, timeoutMs = 5_000 } = settings;
  const { url, keys } = checkedTarget(settings);
  const posts = new Set<AbortController>();
  const timers = new Set<NodeJS.Timeout>();
  const underWay = new Set<Promise<void>>();
  let ready: Delivery[] = [];
  let pending = 0;
  let isClosed = false;
  let behaviour: SendingBehaviour = { copies: 1, delay_ms: 0, shuffle: false };

  return {
    send(event) {
      const { copies, delay_ms, shuffle } = behaviour;
      for (let copy = 0; copy < copies; copy += 1) {
        if (pending >= maxPending) {
          onFault(new Error(`event ${event.id} is dropped: ${maxPending} events are waiting`));
          return;
        }
        const waitMs = shuffle ? Math.random() * Math.max(delay_ms, shuffleMs) : delay_ms;
        pending += 1;
        queue({ event, tried: 0 }, waitMs);
      }
    },
    behave: (wanted) => void (behaviour = wanted),
    async close() {
      isClosed = true;
      for (const attempt of posts) attempt.abort();
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      ready = [];
      await Promise.all(underWay);
    },
  };

  function queue(delivery: Delivery, waitMs: number): void {
    if (isClosed) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      ready.push(delivery);
      next();
    }, waitMs);
    timers.add(timer);
  }

  function next(): void {
    while (underWay.size < atOnce) {
      const delivery = ready.shift();
      if (delivery === undefined) return;
      const run = deliver(delivery).finally(() => {
        underWay.delete(run);
        next();
      });
      underWay.add(run);
    }
  }

  async function deliver({ event, tried }: Delivery): Promise<void> {
    const failure = await post(event);
    if (failure !== undefined && tried + 1 < tries) {
      queue({ event, tried: tried + 1 }, Math.min(retryMs * 2 ** tried, maxRetryMs));
      return;
    }
    pending -= 1;
    if (failure === undefined || isClosed) return;
    onFault(new Error(`event ${event.id} is given up after ${tries} tries: ${failure}`));
  }

  /** Resolves with what went wrong. */
  async function post(event: SandboxEvent): Promise<string | undefined> {
    const body = JSON.stringify(event);
    const headers = { 'content-type': 'application/json', ...signedHeaders(keys, event.id, now(), body) };
    const attempt = new AbortController();
    const timer = setTimeout(() => attempt.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    posts.add(attempt);
    try {
      const { signal } = attempt;
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
      await response.body?.cancel();
      return response.ok ? undefined : `answered ${response.status}`;
    } catch (error) {
      return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    } finally {
      clearTimeout(timer);
      posts.delete(attempt);
    }
  }
}

/** Whether events can be posted there: http or https, without credentials. */
export function isEventsUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  return ['http:', 'https:'].includes(protocol) && username === '' && password === '';
}

function checkedTarget({ url, secrets }: EventSettings): { url: string; keys: Buffer[] } {
  if (!isEventsUrl(url)) throw new TypeError('the URL for events must be http or https, without credentials');
  const keys = secrets.map(signingKeyOf).filter((key) => key !== undefined);
  if (keys.length === 0 || keys.length < secrets.length) {
    throw new TypeError('every secret for events must be whsec_ and the base64 of 24 to 64 bytes');
  }
  return { url, keys };
}
