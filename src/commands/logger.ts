import pino, { type Logger } from 'pino';
import { DefaultLogger, Runtime } from '@temporalio/worker';

/** JSON lines, to a file or to standard output. Temporal's SDK writes into the same log and leaves signals to us. */
export function startLogging(level: string, file?: string): Logger {
  const log = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: file ?? 1, mkdir: true, sync: false }),
  );
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level: sdkLevel, message, meta }) => {
      const fields = { component: 'temporal', ...meta };
      if (sdkLevel === 'ERROR') log.error(fields, message);
      else if (sdkLevel === 'WARN') log.warn(fields, message);
      else log.debug(fields, message);
    }),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  });
  return log;
}
