import type { AuditLine, AuditObserver } from '../../src/activities/audit/audit.js';
import type { AuditPorts, RunReader } from '../../src/activities/audit/audit-ports.js';
import { createAuditStore } from '../../src/adapters/postgres/audit/audit-store.js';
import { createLookBackStore } from '../../src/adapters/postgres/audit/look-back-store.js';
import { createDeadLetterStore } from '../../src/adapters/postgres/dead-letters/dead-letter-store.js';
import { createGatewayEventStore } from '../../src/adapters/postgres/money/gateway-event-store.js';
import type { Database } from '../../src/adapters/postgres/pool.js';

type Overrides = Partial<Omit<AuditPorts, 'gateway'>> & { gateway?: Partial<AuditPorts['gateway']> };

/** Real books; a Temporal in which every order has its run, and a gateway that agrees with everything. */
export function auditPortsOn(database: Database, overrides: Overrides = {}) {
  const recovered: string[] = [];
  const started: string[] = [];
  const carried: string[] = [];
  const ports: AuditPorts = {
    audit: createAuditStore(database),
    lookBackStore: createLookBackStore(database),
    deadLetters: createDeadLetterStore(database),
    gatewayEvents: createGatewayEventStore(database),
    runs: createQuietRuns(true),
    messenger: { tell: async () => false, recover: async (orderId) => void recovered.push(orderId) },
    eventStarter: { start: async ({ gateway, eventId }) => void started.push(`${gateway} ${eventId}`) },
    refundResumer: { resume: async () => false },
    cancelCarrier: { carryOut: async (orderId) => void carried.push(orderId) },
    charges: { captured: async () => ({ kind: 'superseded' }) },
    ...overrides,
    gateway: {
      async lookup(key) {
        const row = await database.kysely
          .selectFrom('payment_attempts')
          .selectAll()
          .where('idempotency_key', '=', key)
          .executeTakeFirst();
        if (row?.state !== 'captured') return { kind: 'not_found' };
        const { reference, captured_minor, captured_currency } = row;
        const [amountMinor, currency] = [captured_minor ?? 0, captured_currency ?? ''];
        return { kind: 'captured', reference: reference ?? '', amountMinor, currency };
      },
      async lookupRefund(key) {
        const row = await database.kysely
          .selectFrom('refunds')
          .select('state')
          .where('idempotency_key', '=', key)
          .executeTakeFirst();
        if (row?.state === 'succeeded') return { kind: 'refunded', reference: 're' };
        return row?.state === 'failed' ? { kind: 'refused', code: 'no' } : { kind: 'not_found' };
      },
      ...overrides.gateway,
    },
  };
  return { ports, recovered, started, carried };
}

/** A Temporal that lists nothing, and in which every order has a run, or none. */
export function createQuietRuns(isRunning: boolean): RunReader {
  return {
    endedBadly: async () => [],
    checkingOut: async () => [],
    checkedOut: async () => [],
    isRunning: async () => isRunning,
    isRefunding: async () => isRunning,
  };
}

/** Keeps what an audit says. */
export function listening(): AuditObserver & { lines: AuditLine[] } {
  const lines: AuditLine[] = [];
  return { lines, log: (line) => void lines.push(line), heartbeat: () => {}, signal: new AbortController().signal };
}
