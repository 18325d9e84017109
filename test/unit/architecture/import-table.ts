import type { Part } from './imports.js';

const NOTHING = { ours: [], types: [], packages: [], node: [] } as const;
const PORTS = ['activities/'];
const HTTP = ['hono', '@hono/node-server', '@hono/zod-openapi', 'zod'];

/** The imports that each folder is allowed. What is not in this table is forbidden. */
export const IMPORT_TABLE: readonly Part[] = [
  { ...NOTHING, from: 'domain/' },
  {
    ...NOTHING,
    from: 'workflows/',
    ours: ['domain/'],
    types: PORTS,
    packages: [
      '@temporalio/workflow',
      '@temporalio/common',
      '@temporalio/interceptors-opentelemetry',
      '@opentelemetry/api',
    ],
  },
  {
    ...NOTHING,
    from: 'activities/',
    ours: ['domain/'],
    packages: ['@temporalio/activity', '@temporalio/common', 'p-limit'],
  },
  {
    from: 'adapters/',
    ours: ['domain/'],
    // The ports of those that call them.
    types: [...PORTS, 'relay/', 'api/', 'console/'],
    packages: [
      'pg',
      'kysely',
      'zod',
      'cockatiel',
      'lru-cache',
      'p-timeout',
      'prom-client',
      'rate-limiter-flexible',
      'standardwebhooks',
      'stripe',
      'ipaddr.js',
      'nodemailer',
      '@opentelemetry/api',
      '@opentelemetry/core',
      '@opentelemetry/exporter-trace-otlp-http',
      '@opentelemetry/resources',
      '@opentelemetry/sdk-trace-base',
      '@opentelemetry/sdk-trace-node',
      '@temporalio/interceptors-opentelemetry',
      '@temporalio/worker',
    ],
    node: 'all',
  },
  {
    from: 'api/',
    ours: ['domain/'],
    // The API uses nearly every method of `temporal`, which has one implementation: ports would only repeat the signatures.
    types: [...PORTS, 'temporal/'],
    packages: [...HTTP, 'lru-cache', 'p-timeout'],
    node: [
      'node:crypto',
      'node:http',
      'node:module',
      'node:path',
      'node:stream',
      'node:timers/promises',
      'node:url',
      'node:util',
      'node:zlib',
    ],
  },
  {
    from: 'console/',
    ours: ['domain/'],
    // The ports that it shares with the routes of the API.
    types: ['api/', 'temporal/'],
    packages: ['hono', 'lru-cache'],
    node: ['node:crypto', 'node:fs'],
  },
  {
    ...NOTHING,
    from: 'temporal/',
    ours: ['domain/', 'workflows/contract.ts'],
    types: PORTS,
    packages: ['@temporalio/client', '@temporalio/common', 'p-timeout'],
  },
  {
    ...NOTHING,
    from: 'relay/',
    ours: ['domain/'],
    types: PORTS,
    packages: ['p-limit', 'p-timeout'],
    node: ['node:timers/promises'],
  },
  { ...NOTHING, from: 'sandbox/', packages: ['hono', '@hono/node-server'], node: 'all' },
  // The name of the package with PostgreSQL's programs depends on the machine.
  { ...NOTHING, from: 'embedded/', types: ['config.ts'], packages: ['pg'], node: 'all', computed: true },
  { ...NOTHING, from: 'config.ts', ours: ['config/'], packages: ['zod'], node: 'all' },
  { ...NOTHING, from: 'config/', ours: ['domain/'], packages: ['zod'], node: ['node:os', 'node:path'] },
];

/** The composition roots, which may import everything. */
export const ROOTS = ['main.ts', 'worker.ts', 'commands/'];
