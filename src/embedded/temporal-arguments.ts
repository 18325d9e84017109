import { join } from 'node:path';

export type DynamicConfig = Readonly<Record<string, string | number | boolean>>;

export interface TemporalArguments {
  directory: string;
  port: number;
  uiPort: number;
  namespace: string;
  /** Type by name, such as `{ OrderOutcome: 'Keyword' }`. */
  searchAttributes: Readonly<Record<string, string>>;
  /** False for the settings a plain `temporal server start-dev` has. */
  tuned?: boolean;
  extraDynamicConfig?: DynamicConfig;
}

// The server rejects floats here: all are integers.
const tuning: DynamicConfig = {
  // 20 polls a second would add up to 50 ms to every hop between workflow and activity.
  'history.transferProcessorMaxPollRPS': 1000,
  'frontend.rps': 100_000,
  'frontend.namespaceRPS': 100_000,
  'frontend.namespaceRPS.visibility': 1000,
  'frontend.namespaceCount': 50_000,
  'matching.rps': 100_000,
  'history.rps': 100_000,
  // On one node with few pollers, four partitions only add forwarding between them.
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
};

/** The command line of the development server: data in a file, synced on every commit, loopback only. */
export function temporalArguments(options: TemporalArguments): string[] {
  const { directory, port, uiPort, namespace, searchAttributes, tuned = true, extraDynamicConfig = {} } = options;
  const dynamicConfig: DynamicConfig = {
    // Otherwise the server asks a site on the internet whether it is up to date.
    'frontend.enableServerVersionCheck': false,
    ...(tuned ? tuning : {}),
    ...extraDynamicConfig,
  };
  const attributes = Object.entries(searchAttributes).map(([name, type]) => `${name}=${type}`);
  const values = Object.entries(dynamicConfig).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const flags: readonly (readonly [string, string])[] = [
    ['--ip', '127.0.0.1'],
    ['--port', String(port)],
    ['--ui-port', String(uiPort)],
    ['--namespace', namespace],
    ['--log-level', 'warn'],
    ['--db-filename', join(directory, 'temporal.db')],
    ['--sqlite-pragma', 'journal_mode=wal'],
    ['--sqlite-pragma', 'synchronous=full'],
    ...attributes.map((attribute) => ['--search-attribute', attribute] as const),
    ...values.map((value) => ['--dynamic-config-value', value] as const),
  ];
  return ['server', 'start-dev', ...flags.flat()];
}
