import { expect, it } from '@jest/globals';
import { keepOthersOut } from '../../../src/embedded/own-process.js';
import { serverEnvironment } from '../../../src/embedded/search-path.js';

it('gives servers the paths and the language, their own home, and nothing else of the shell', () => {
  const before = { ...process.env };
  const others = { PGOPTIONS: '-c x=y', TEMPORAL_ENV: 'prod', HTTP_PROXY: 'http://p', NODE_OPTIONS: '-r x', PORT: '1' };
  Object.assign(process.env, others, { LC_ALL: 'C', TZ: 'UTC', HOME: '/root' });
  try {
    const environment = serverEnvironment('/data', { MORE: '1' });
    expect(environment).toMatchObject({ PATH: before['PATH'], LC_ALL: 'C', TZ: 'UTC', HOME: '/data', MORE: '1' });
    expect(Object.keys(environment).filter((name) => name in others)).toEqual([]);
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  }
});

it('calls this machine without a proxy, beside what else needs none', () => {
  const environment: NodeJS.ProcessEnv = { NO_PROXY: 'localhost,shop.example' };
  keepOthersOut({ ownDatabase: false }, environment);
  for (const name of ['NO_PROXY', 'no_proxy', 'no_grpc_proxy']) {
    expect(environment[name]?.split(',').filter((host) => host === 'localhost')).toHaveLength(1);
    expect(environment[name]?.split(',')).toEqual(expect.arrayContaining(['shop.example', '127.0.0.1']));
  }
});

it('forgets the variables of libpq when PostgreSQL is our own, and keeps them for a server that was named', () => {
  const shell = { PGSSLMODE: 'require', PGOPTIONS: '-c x=y', PGPASSWORD: 'x', PG_COLOR: 'auto', PORT: '3000' };
  const own: NodeJS.ProcessEnv = { ...shell };
  keepOthersOut({ ownDatabase: true }, own);
  expect(Object.keys(own).filter((name) => name.startsWith('PG'))).toEqual(['PG_COLOR']);
  const named: NodeJS.ProcessEnv = { ...shell };
  keepOthersOut({ ownDatabase: false }, named);
  expect(named).toMatchObject(shell);
});
