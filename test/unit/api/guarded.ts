import { createApp } from '../../../src/api/app.js';
import { createGuards, type GuardOptions } from '../../../src/api/access/guards.js';
import type { KeyVerifier } from '../../../src/api/access/key-verifier.js';
import type { RequestObserver } from '../../../src/api/requests/request-observer.js';
import { allows, type Scope } from '../../../src/domain/scopes.js';
import { DEFAULT_POLICY } from '../../../src/domain/policy.js';

const unused = new Proxy({} as never, {
  get: (_target, name) => () => {
    throw new Error(`${String(name)} is not part of this test`);
  },
});

/** All routes of the app over nothing, behind these guards. */
export function openApp(guards: ReturnType<typeof createGuards> = [], observe?: RequestObserver) {
  return createApp({
    guards,
    ...(observe === undefined ? {} : { observe }),
    keys: unused,
    settlements: { wait: async () => {} },
    reader: { forCheckout: unused, find: async () => undefined, cancelReason: unused },
    workflows: { start: unused, find: async () => undefined, pagesOf: () => [] },
    trail: unused,
    notices: unused,
    followers: unused,
    lists: unused,
    stats: unused,
    products: { list: async () => [], find: async () => undefined, create: unused, change: unused, delete: unused },
    endpoints: unused,
    recoveries: unused,
    webhookDeliveries: unused,
    eventSender: unused,
    requests: unused,
    cancels: unused,
    deadLetters: {
      list: async () => [],
      find: async () => undefined,
      discard: unused,
      giveEvidence: unused,
      noteRedrive: unused,
    },
    stock: unused,
    inbox: unused,
    gatewayEvents: { verify: () => ({ unknownGateway: true }) },
    policy: DEFAULT_POLICY,
    maxBodyBytes: 65_536,
    log: { warn: () => {}, error: () => {} },
  });
}

/** Takes `key-<scopes with dots>` for a key with those scopes, and every other text for one that is refused so. */
export const scopedKeys: KeyVerifier = {
  async verify(text) {
    const scopes = /^key-([a-z.]*)$/.exec(text)?.[1]?.split('.') as Scope[] | undefined;
    if (scopes !== undefined)
      return { ok: true, id: text, name: `${text} of a test`, may: (scope) => allows(scopes, scope) };
    const why = (['malformed', 'unknown', 'expired', 'revoked'] as const).find((one) => one === text);
    return { ok: false, why: why ?? 'unknown' };
  },
};

/** The app behind its guards; a call carries the headers that it is given and no others. */
export function openGuarded(changes: Partial<GuardOptions> = {}, observe?: RequestObserver) {
  const lines: { fields: Record<string, unknown>; message: string }[] = [];
  const note = (fields: Record<string, unknown>, message: string) => void lines.push({ fields, message });
  const log = { warn: note, error: note };
  const guards = createGuards({
    verifier: scopedKeys,
    maxRequests: 100,
    maxBurst: 0,
    corsOrigins: [],
    log,
    ...changes,
  });
  const app = openApp(guards, observe);
  const call = async (method: string, path: string, headers: Record<string, string> = {}) => {
    const response = await app.request(path, { method, headers });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: text === '' ? {} : JSON.parse(text) };
  };
  return { app, call, lines, as: (key: string) => ({ Authorization: `Bearer ${key}` }) };
}
