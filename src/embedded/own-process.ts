const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

/**
 * Protects this process from variables that the shell sets for other programs. Calls to local servers use no proxy;
 * and with a PostgreSQL of our own, PGSSLMODE or PGOPTIONS are about another server, and must not reach the driver.
 */
export function keepOthersOut({ ownDatabase }: { ownDatabase: boolean }, environment = process.env): void {
  const names = ['NO_PROXY', 'no_proxy', 'no_grpc_proxy'];
  const direct = names.map((name) => environment[name] ?? '').filter((value) => value !== '');
  // Programs differ in which of the names they read.
  for (const name of names)
    environment[name] = [...new Set([...direct.flatMap((list) => list.split(',')), ...LOOPBACK])].join(',');
  if (!ownDatabase) return;
  for (const name of Object.keys(environment).filter((name) => /^PG[A-Z]+$/.test(name))) delete environment[name];
}
