import type { Part } from './imports.js';

const NOTHING = { ours: [], types: [], packages: [], node: [] } as const;
const PORTS = ['activities/'];
const HTTP = ['hono', '@hono/node-server', '@hono/zod-openapi', 'zod'];

/** Who may import whom. What is not in this table is forbidden. */
export const IMPORT_TABLE: readonly Part[] = [
  { ...NOTHING, from: 'domain/' },
  {
    ...NOTHING,
    from: 'workflows/',
    ours: ['domain/'],
    types: PORTS,
    packages: ['@temporalio/workflow', '@temporalio/common'],
  },
  { ...NOTHING, from: 'activities/', ours: ['domain/'], packages: ['@temporalio/activity', '@temporalio/common'] },
  {
    from: 'adapters/',
    ours: ['domain/'],
    types: PORTS,
    packages: [
      'pg',
      'kysely',
      'zod',
      'cockatiel',
      'prom-client',
      '@temporalio/client',
      'standardwebhooks',
      'ipaddr.js',
      'nodemailer',
    ],
    node: 'all',
  },
  {
    from: 'api/',
    ours: ['domain/', 'workflows/contract.ts'],
    types: PORTS,
    packages: [...HTTP, '@temporalio/client'],
    node: ['node:crypto', 'node:http', 'node:module', 'node:path', 'node:stream', 'node:timers/promises'],
  },
  {
    ...NOTHING,
    from: 'relay/',
    ours: ['domain/', 'workflows/contract.ts'],
    types: PORTS,
    packages: ['@temporalio/client'],
    node: ['node:timers/promises'],
  },
  { ...NOTHING, from: 'sandbox/', packages: ['hono', '@hono/node-server'], node: 'all' },
  // The name of the package with PostgreSQL's programs depends on the machine.
  { ...NOTHING, from: 'embedded/', types: ['config.ts'], packages: ['pg'], node: 'all', computed: true },
  { ...NOTHING, from: 'config.ts', packages: ['zod'], node: 'all' },
];

/** The composition roots, which may import everything. */
export const ROOTS = ['main.ts', 'worker.ts', 'commands/'];
