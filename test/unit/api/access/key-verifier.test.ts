import { describe, expect, test } from '@jest/globals';
import { formatApiKey, hashOf, mintApiKey, type ApiKey } from '../../../../src/api/access/api-key.js';
import { createKeyVerifier, type StoredKey } from '../../../../src/api/access/key-verifier.js';
import { Unavailable } from '../../../../src/domain/unavailable.js';

const CACHE_MS = 10_000;
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A verifier over keys that a test changes, with a clock that it moves. */
function scene() {
  const keys = new Map<string, StoredKey>();
  const seen = { finds: [] as string[], touches: [] as string[], lines: [] as unknown[] };
  const world = { now: 1_000_000, fault: undefined as Error | undefined };
  const verifier = createKeyVerifier({
    store: {
      async find(id) {
        seen.finds.push(id);
        if (world.fault !== undefined) throw world.fault;
        return keys.get(id);
      },
      async touch(id) {
        seen.touches.push(id);
        if (world.fault !== undefined) throw world.fault;
      },
    },
    log: { warn: (fields) => seen.lines.push(fields), error: (fields) => seen.lines.push(fields) },
    cacheMs: CACHE_MS,
    clock: () => world.now,
  });
  const add = (changes: Partial<StoredKey> = {}, key: ApiKey = mintApiKey()): ApiKey => {
    keys.set(key.id, { ...NEW_KEY, hash: hashOf(key), ...changes });
    return key;
  };
  return { verifier, keys, add, seen, world, verify: ({ text }: ApiKey) => verifier.verify(text) };
}

const NEW_KEY = { name: 'till 4', scopes: ['orders'] as const, expiresAt: null, revokedAt: null };
const AWAY = new Unavailable('database', new Error('connect ECONNREFUSED'));

describe('a key', () => {
  test('that is stored is good for its scopes alone', async () => {
    const { add, verify } = scene();
    const verified = await verify(add({ scopes: ['orders', 'catalog'] }));
    if (!verified.ok) throw new Error(verified.why);
    expect((['orders', 'catalog', 'operations', 'admin'] as const).map(verified.may)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test('with the scope admin is good for everything', async () => {
    const { add, verify } = scene();
    const verified = await verify(add({ scopes: ['admin'] }));
    expect(verified.ok && verified.may('orders') && verified.may('operations')).toBe(true);
  });

  test('that was never created is unknown', async () => {
    const { verify } = scene();
    expect(await verify(mintApiKey())).toMatchObject({ ok: false, why: 'unknown' });
  });

  test('with the id of another and its own secret is unknown, first and later', async () => {
    const { add, verify } = scene();
    const good = add();
    const forged = formatApiKey(good.id, 'z'.repeat(32));
    expect(await verify(forged)).toMatchObject({ ok: false, why: 'unknown' });
    expect(await verify(good)).toMatchObject({ ok: true });
    expect(await verify(forged)).toMatchObject({ ok: false, why: 'unknown' });
  });

  test('that is mistyped is not even looked for', async () => {
    const { add, verifier, seen } = scene();
    expect(await verifier.verify(`${add().text.slice(0, -1)}!`)).toEqual({ ok: false, why: 'malformed' });
    expect(seen.finds).toEqual([]);
  });

  test('is good until the moment it expires, also from memory', async () => {
    const { add, verify, world } = scene();
    const key = add({ expiresAt: new Date(world.now + 100) });
    expect(await verify(key)).toMatchObject({ ok: true });
    world.now += 100;
    expect(await verify(key)).toMatchObject({ ok: false, why: 'expired' });
  });
});

describe('what is known of a key', () => {
  test('is read once for many requests at once', async () => {
    const { add, verify, seen } = scene();
    const key = add();
    await Promise.all(Array.from({ length: 20 }, () => verify(key)));
    await verify(key);
    expect(seen.finds).toEqual([key.id]);
  });

  test('is read again in the background while the key is used', async () => {
    const { add, verify, seen, world } = scene();
    const key = add();
    await verify(key);
    world.now += CACHE_MS * 0.6;
    await verify(key);
    await settled();
    world.now += CACHE_MS * 0.6;
    await verify(key);
    await settled();
    expect(seen.finds).toHaveLength(3);
  });

  test('lets a revoked key through no longer than the cache may hold it', async () => {
    const { add, keys, verify, world } = scene();
    const key = add();
    await verify(key);
    keys.set(key.id, { ...NEW_KEY, hash: hashOf(key), revokedAt: new Date() });
    world.now += CACHE_MS - 1;
    expect(await verify(key)).toMatchObject({ ok: true });
    world.now += 1;
    expect(await verify(key)).toMatchObject({ ok: false, why: 'revoked' });
  });

  test('holds for an unknown id too, and for no longer', async () => {
    const { add, verify, seen, world } = scene();
    const key = mintApiKey();
    await verify(key);
    await verify(key);
    expect(seen.finds).toHaveLength(1);
    add({}, key);
    world.now += CACHE_MS;
    expect(await verify(key)).toMatchObject({ ok: true });
  });

  test('of valid keys is not evicted by guessed ones', async () => {
    const { add, verify, seen } = scene();
    const key = add();
    await verify(key);
    for (let i = 0; i < 1_500; i += 1) await verify(mintApiKey());
    seen.finds.length = 0;
    await verify(key);
    expect(seen.finds).toEqual([]);
  });
});

describe('while the database is unavailable', () => {
  test('a key that was valid continues to work for five minutes', async () => {
    const { add, verify, world } = scene();
    const key = add();
    await verify(key);
    world.fault = AWAY;
    world.now += 60_000;
    expect(await verify(key)).toMatchObject({ ok: true });
    world.now += 239_000;
    expect(await verify(key)).toMatchObject({ ok: true });
    world.now += 2_000;
    await expect(verify(key)).rejects.toBe(AWAY);
  });

  test('is asked once a second for it, not with each request', async () => {
    const { add, verify, seen, world } = scene();
    const key = add();
    await verify(key);
    world.fault = AWAY;
    world.now += CACHE_MS;
    for (let i = 0; i < 10; i += 1) await verify(key);
    expect(seen.finds).toHaveLength(2);
    world.now += 1_000;
    await verify(key);
    expect(seen.finds).toHaveLength(3);
  });

  test('a key that is not known here is neither good nor bad', async () => {
    const { add, verify, world } = scene();
    world.fault = AWAY;
    await expect(verify(add())).rejects.toBe(AWAY);
  });

  test('an unknown key does not stay unknown from memory beyond its time', async () => {
    const { verify, world } = scene();
    const key = mintApiKey();
    await verify(key);
    world.fault = AWAY;
    world.now += CACHE_MS;
    await expect(verify(key)).rejects.toBe(AWAY);
  });
});

describe('the last use of a key', () => {
  test('is noted at once, and then once a minute', async () => {
    const { add, verify, seen, world } = scene();
    const key = add();
    for (let second = 0; second < 125; second += 1) {
      await verify(key);
      await settled();
      world.now += 1_000;
    }
    expect(seen.touches).toHaveLength(3);
  });

  test('that cannot be recorded has no effect except a log line without the key', async () => {
    const { add, verify, seen, world } = scene();
    const key = add();
    await verify(key);
    world.now += 61_000;
    world.fault = AWAY;
    expect(await verify(key)).toMatchObject({ ok: true });
    await settled();
    expect(seen.lines.length).toBeGreaterThan(0);
    expect(JSON.stringify(seen.lines)).not.toContain(key.text);
  });
});
