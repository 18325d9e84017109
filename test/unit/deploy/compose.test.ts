import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { SETTINGS } from '../../../src/config.js';
import {
  type ComposeFile,
  complaintsAbout,
  composeDocument,
  read,
  root,
  schemaDraft,
  seconds,
} from './compose-file.js';

const { services, volumes } = composeDocument() as ComposeFile;
const all = Object.entries(services);
const named = (name: string) => {
  const service = services[name];
  if (!service) throw new Error(`no service ${name}`);
  return service;
};
const isJob = ({ restart }: { restart: string }) => restart !== 'unless-stopped';
const mounts = all.flatMap(([name, service]) =>
  (service.volumes ?? []).map((volume) => ({
    name,
    source: volume.split(':')[0] ?? '',
    readOnly: volume.endsWith(':ro'),
  })),
);
const fromRepository = mounts.filter(({ source }) => source.startsWith('.'));

describe('the Compose specification', () => {
  test('has nothing to say against docker-compose.yml', () => {
    expect(schemaDraft).toContain('2019-09');
    expect(complaintsAbout(composeDocument())).toEqual([]);
  });

  const worker = { image: 'holdfast:1' };
  test.each([
    ['a key that no service has', { services: { worker: { ...worker, helthcheck: {} } } }],
    ['a key that no document has', { services: { worker }, service: {} }],
    [
      'a condition that does not exist',
      { services: { worker: { ...worker, depends_on: { db: { condition: 'healthy' } } } } },
    ],
    ['a wait without a unit', { services: { worker: { ...worker, stop_grace_period: '40' } } }],
    ['a port that is none', { services: { worker: { ...worker, ports: ['http'] } } }],
  ])('refuses %s', (_, broken) => {
    expect(complaintsAbout(broken)).not.toEqual([]);
  });
});

describe('images', () => {
  test.each(all)('%s is pinned to a tag', (_, { image }) => {
    expect(image).toMatch(/^[a-z\d./-]+:[\w.-]+$/);
    expect(image).not.toMatch(/:latest$|auto-setup|^temporalio\/temporal:/);
  });

  test('the Temporal server and its tools are of one version', () => {
    const tag = named('temporal').image.split(':')[1];
    expect([named('temporal-schema').image, named('temporal-namespace').image]).toEqual(
      Array.from({ length: 2 }, () => `temporalio/admin-tools:${tag}`),
    );
  });

  test('only one service builds ours; the others take what it built', () => {
    const ours = all.filter(([, { image }]) => image === named('worker').image);
    expect(ours.filter(([, { build }]) => build).map(([name]) => name)).toEqual(['migrate']);
    expect(ours.filter(([, { build, pull_policy }]) => !build && pull_policy !== 'never')).toEqual([]);
    expect(named('worker').image).toBe(`holdfast:${(JSON.parse(read('package.json')) as { version: string }).version}`);
  });
});

describe('what waits for what', () => {
  test.each(all)('%s waits only for what exists, and for the right thing', (_, { depends_on: needs = {} }) => {
    for (const [target, { condition }] of Object.entries(needs)) {
      expect({ target, condition }).toEqual({
        target,
        condition: isJob(named(target)) ? 'service_completed_successfully' : 'service_healthy',
      });
    }
  });

  test('nothing waits for itself', () => {
    const visit = (name: string, path: string[]): void => {
      expect(path).not.toContain(name);
      for (const target of Object.keys(named(name).depends_on ?? {})) visit(target, [...path, name]);
    };
    for (const [name] of all) visit(name, []);
  });

  test.each(all.filter(([, service]) => !isJob(service)))('%s runs on, and says whether it is well', (_, service) => {
    expect(service.healthcheck?.test[0]).toBe('CMD');
  });

  test.each(['api', 'worker'])(
    '%s starts after the migration, and after the namespace and its search attribute',
    (name) => {
      expect(Object.keys(named(name).depends_on ?? {})).toEqual(
        expect.arrayContaining(['migrate', 'temporal-namespace']),
      );
    },
  );

  test.each(['api', 'worker'])('%s has time to drain', (name) => {
    expect(seconds(named(name).stop_grace_period ?? '10s')).toBeGreaterThanOrEqual(35);
  });
});

describe('what can be reached', () => {
  test.each(all)('%s is published on loopback or not at all', (_, { ports = [] }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  test('only the API and the UI of Temporal are published', () => {
    expect(all.filter(([, { ports }]) => ports).map(([name]) => name)).toEqual(['temporal-ui', 'api']);
  });

  test('the worker can be scaled: no name and no port of which there is only one', () => {
    expect(named('worker')).not.toHaveProperty('container_name');
    expect(named('worker')).not.toHaveProperty('ports');
  });

  test.each(all)('%s has no power over the host', (_, service) => {
    expect(service).not.toHaveProperty('privileged');
    expect(service.volumes?.join() ?? '').not.toContain('docker.sock');
  });
});

describe('what it is given', () => {
  test.each(all)('%s has its secrets from .env, which must have them', (_, { environment = {} }) => {
    for (const [key, value] of Object.entries(environment)) {
      if (/PASSWORD|PWD/.test(key)) expect(value).toMatch(/^\$\{\w+:\?.+\}$/);
      if (value.includes('://') && value.includes('@')) expect(value).toMatch(/:\/\/\w+:\$\{\w+:\?[^}]+\}@/);
    }
  });

  test('deploy/compose/example.env names every variable, and gives no password', () => {
    const used = [...read('docker-compose.yml').matchAll(/\$\{(\w+):[?-]/g)].map(([, name]) => name);
    const example = read('deploy/compose/example.env');
    for (const name of used) expect(example).toMatch(new RegExp(`^#?${name}=`, 'm'));
    expect(example).not.toMatch(/^\w*PASSWORD=./m);
  });

  // What the file says itself, and what no service reads: the settings of commands, and of a machine without servers.
  const FIXED = `
    HOST PORT INTERNAL_HOST INTERNAL_PORT DRAIN_DELAY_MS DRAIN_TIMEOUT_MS DATABASE_URL DATABASE_DIRECT_URL TEMPORAL_ADDRESS TEMPORAL_NAMESPACE SANDBOX_URL
    HOLDFAST_HOME HOLDFAST_URL HOLDFAST_API_KEY HOLDFAST_CACHE HOLDFAST_TEMPORAL_CLI POSTGRES_PORT TEMPORAL_PORT TEMPORAL_UI_PORT SANDBOX_PORT
    SANDBOX_SUCCESS_RATE SANDBOX_LATENCY_MS TEMPORAL_TLS TEMPORAL_TLS_SERVER_CA_CERT_PATH TEMPORAL_TLS_CLIENT_CERT_PATH
    TEMPORAL_TLS_CLIENT_KEY_PATH TEMPORAL_API_KEY NODE_ENV`.split(/\s+/);

  test.each(SETTINGS.filter(({ name }) => !FIXED.includes(name)))(
    '$name can be set in .env, for the service that reads it',
    ({ name, usedBy, defaultText }) => {
      const fromEnv = new RegExp(`^\\$\\{${name}:(-.*|\\?.+)\\}$`);
      const taking = ['api', 'worker'].filter((role) => fromEnv.test(named(role).environment?.[name] ?? ''));
      expect(taking).toEqual(expect.arrayContaining(usedBy.filter((role) => role !== 'up')));
      expect(taking).not.toEqual([]);
      const given = new RegExp(`^#?${name}=(.*)$`, 'm').exec(read('deploy/compose/example.env'))?.[1];
      expect(given).toBe(defaultText);
    },
  );

  test('both the API and the worker have what travels with an order, but for the checks, which only the API chooses', () => {
    const policy = ['RETRIES', 'RETRY_INITIAL_MS', 'RETRY_MAXIMUM_MS', 'PAYMENT_DEADLINE_MS', 'RESERVATION_TTL_MS'];
    for (const name of [...policy, 'LOOKUP_MAXIMUM_MS']) {
      expect([name, named('api').environment?.[name]]).toEqual([name, named('worker').environment?.[name]]);
      expect(named('api').environment).toHaveProperty(name);
    }
    const checks = SETTINGS.map(({ name }) => name).filter((name) => name.startsWith('FRAUD_'));
    expect(checks.filter((name) => !(name in (named('api').environment ?? {})))).toEqual([]);
  });

  test('every file mounted from the repository exists, and is read-only', () => {
    expect(fromRepository).not.toEqual([]);
    for (const { source, readOnly } of fromRepository)
      expect([source, existsSync(new URL(source, root)), readOnly]).toEqual([source, true, true]);
  });

  test.each(fromRepository.map(({ source }) => source).filter((source) => source.endsWith('.sh')))(
    '%s is a shell script',
    (source) => {
      expect(spawnSync('sh', ['-n', fileURLToPath(new URL(source, root))], { encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      });
    },
  );

  test('every volume is declared, and used', () => {
    expect([...new Set(mounts.map(({ source }) => source).filter((source) => !source.startsWith('.')))].sort()).toEqual(
      Object.keys(volumes).sort(),
    );
  });

  test('PostgreSQL 18 keeps its data on the volume', () => {
    expect(named('postgresql').image).toMatch(/^postgres:18\b/);
    expect(named('postgresql').volumes).toContain('postgresql:/var/lib/postgresql');
  });

  test("Temporal's dynamic configuration is lists of values, where the server looks for it", () => {
    const path = named('temporal').environment?.['DYNAMIC_CONFIG_FILE_PATH'] ?? '';
    expect(named('temporal').volumes).toContain('./deploy/compose/dynamicconfig:/etc/temporal/dynamicconfig:ro');
    const settings = parse(read(path.replace('/etc/temporal/', 'deploy/compose/'))) as Record<
      string,
      { value: unknown }[]
    >;
    for (const values of Object.values(settings)) expect(values).toEqual([{ value: expect.any(Number) }]);
  });

  test.each(all)('%s restarts as it should, and its log does not fill the disk', (_, { restart, logging }) => {
    expect(restart).toMatch(/^(unless-stopped|on-failure:\d+|no)$/);
    expect(logging?.options).toEqual({
      'max-size': expect.stringMatching(/^\d+m$/),
      'max-file': expect.stringMatching(/^\d+$/),
    });
  });
});
