import { join } from 'node:path';
import type { Config } from '../../config.js';
import { requireFreePort } from '../../embedded/tcp-ports.js';
import { postgresSurvivor } from '../../embedded/postgres.js';
import { temporalSurvivor } from '../../embedded/temporal.js';
import type { Home, Ports } from './home.js';

interface Wanted {
  variable: string;
  port: number;
  host?: string;
}

// A sandbox whose parent was killed finishes its calls before it releases its port.
const AFTER_CRASH_MS = 10_000;

/**
 * Checks all ports before anything is started. Servers that an earlier run left behind keep theirs.
 * @returns the ports that will be used, by the variables that set them
 * @throws Error that names every port that is taken, and by whom
 */
export async function requireFreePorts(config: Config, home: Home): Promise<Ports> {
  const postgres = await postgresSurvivor(join(home.directory, 'postgres'));
  const temporal = await temporalSurvivor(join(home.directory, 'temporal'));
  const wanted: Wanted[] = [
    { variable: 'PORT', port: config.PORT, host: config.HOST },
    { variable: 'INTERNAL_PORT', port: config.INTERNAL_PORT, host: config.INTERNAL_HOST },
  ];
  const kept: Wanted[] = [];
  if (config.DATABASE_URL === undefined) {
    if (postgres === undefined) wanted.push({ variable: 'POSTGRES_PORT', port: config.POSTGRES_PORT });
    else kept.push({ variable: 'POSTGRES_PORT', port: postgres.port });
  }
  if (config.TEMPORAL_ADDRESS === undefined) {
    const [port, uiPort] = [temporal?.port ?? config.TEMPORAL_PORT, temporal?.uiPort ?? config.TEMPORAL_UI_PORT];
    const both = [
      { variable: 'TEMPORAL_PORT', port },
      { variable: 'TEMPORAL_UI_PORT', port: uiPort },
    ];
    (temporal === undefined ? wanted : kept).push(...both);
  }
  if (config.SANDBOX_URL === undefined) wanted.push({ variable: 'SANDBOX_PORT', port: config.SANDBOX_PORT });

  const faults = [...twice([...wanted, ...kept]), ...(await taken(wanted, home.crashed))];
  if (faults.length > 0) throw new Error(faults.join('\n  '));
  return Object.fromEntries([...wanted, ...kept].map(({ variable, port }) => [variable, String(port)]));
}

function twice(ports: readonly Wanted[]): string[] {
  return ports.flatMap(({ variable, port }, index) => {
    const other = ports.slice(0, index).find((earlier) => earlier.port === port);
    return other === undefined ? [] : [`${variable} and ${other.variable} are both ${port}; set one to another port`];
  });
}

async function taken(ports: readonly Wanted[], crashed: boolean): Promise<string[]> {
  const looks = ports.map(({ variable, port, host }) =>
    requireFreePort(port, variable, {
      ...(host === undefined ? {} : { host }),
      ...(crashed ? { waitMs: AFTER_CRASH_MS } : {}),
    }),
  );
  const results = await Promise.allSettled(looks);
  return results.flatMap((result) => (result.status === 'rejected' ? [(result.reason as Error).message] : []));
}
