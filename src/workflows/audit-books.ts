import { proxyActivities } from '@temporalio/workflow';
import type { AuditActivities, AuditReport } from '../activities/audit/audit.js';
import type { OrderPolicy } from '../domain/policy.js';

const { auditBooks: audit } = proxyActivities<AuditActivities>({
  startToCloseTimeout: '4 minutes',
  heartbeatTimeout: '1 minute',
  retry: { maximumAttempts: 2 },
});

/** Checks that database, runs and gateway agree. Its schedule starts it again; its findings are in the dead letters. */
export async function auditBooks(policy: OrderPolicy): Promise<AuditReport> {
  return audit(policy);
}
