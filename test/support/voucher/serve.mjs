// `holdfast serve` with one more gateway.
import { startLifetime } from '../../../dist/commands/shutdown.js';
import { startLogging } from '../../../dist/commands/logger.js';
import { startRoles } from '../../../dist/commands/serve/roles.js';
import { readConfig } from '../../../dist/config.js';
import { voucher } from './gateway.mjs';

const config = readConfig();
const log = startLogging(config.LOG_LEVEL, { warn: (line) => process.stderr.write(`${line}\n`) });
const lifetime = startLifetime({ log, partDeadlineMs: 60_000 });
const { DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: temporalAddress } = config;
const gateways = [voucher];
await startRoles({ config, roles: ['api', 'worker'], databaseUrl, temporalAddress, gateways, log, lifetime });
