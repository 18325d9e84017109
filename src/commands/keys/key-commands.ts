// `holdfast keys`: API keys, shown once. Only their hashes are stored.

import { InvalidArgumentError, type Command } from 'commander';
import type { Database } from '../../adapters/postgres/pool.js';
import type { Scope } from '../../domain/scopes.js';
import { createKey, listKeys, parseExpiry, parseName, parseScopes, revokeKey } from './keys.js';

interface CreateOptions {
  name: string;
  scopes: Scope[];
  expires?: Date;
}

type WithDatabase = <T>(work: (database: Database) => Promise<T>) => Promise<T>;

/** Output: `say` for what a program may read, `tell` for people only. */
export interface Voice {
  say: (line: string) => void;
  tell: (line: string) => void;
}

/** `holdfast keys create`, `list` and `revoke`. */
export function addKeyCommands(program: Command, withDatabase: WithDatabase, { say, tell }: Voice): void {
  const keys = program.command('keys').description('create, list and revoke API keys');

  keys
    .command('create')
    .description('create an API key and print it once')
    .requiredOption('--name <name>', 'what it is for, as the list shows it', orUsage(parseName))
    .requiredOption(
      '--scopes <scopes>',
      'orders, catalog, operations or admin, several with commas',
      orUsage(parseScopes),
    )
    .option(
      '--expires <when>',
      'days such as 90d, or a time such as 2030-01-31T00:00:00Z; never without it',
      orUsage(parseExpiry),
    )
    .action(async ({ name, scopes, expires }: CreateOptions) => {
      const expiresAt = expires === undefined ? {} : { expiresAt: expires };
      const key = await withDatabase((database) => createKey(database, { name, scopes, ...expiresAt }));
      tell('This is the only time that the key is shown:');
      say(key);
    });

  keys
    .command('list')
    .description('show the keys: their ids, scopes and last uses')
    .action(async () => say(await withDatabase(listKeys)));

  keys
    .command('revoke')
    .description('revoke a key permanently')
    .argument('<id>', 'as the list shows it')
    .action(async (id: string) => {
      await withDatabase((database) => revokeKey(database, id));
      say(`The key ${id} is revoked. An API process that has just used it stops accepting it within API_KEY_CACHE_MS.`);
    });
}

function orUsage<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}
