import { auditOnce, type AuditReport } from '../activities/audit/audit.js';
import { auditLimits, type AuditPorts } from '../activities/audit/audit-ports.js';
import type { OrderPolicy } from '../domain/policy.js';

export interface RunAuditOptions {
  ports: AuditPorts;
  policy: OrderPolicy;
  say: (line: string) => void;
  /** Ends the audit between two checks. */
  signal?: AbortSignal;
}

/**
 * Runs the audit now, in this process, and reports it: a line per finding, then one per check.
 * @returns the exit code: 1 if something is wrong or could not be checked
 */
export async function runAudit({ ports, policy, say, signal }: RunAuditOptions): Promise<0 | 1> {
  const report = await auditOnce(ports, auditLimits(policy), {
    log: ({ check, orderId, about, detail }) => {
      const where = [orderId, about].filter((part) => part !== '').join(' ');
      say(`✖ ${check}${where === '' ? '' : ` [${where}]`}: ${detail}`);
    },
    heartbeat: () => {},
    signal: signal ?? new AbortController().signal,
  });
  for (const line of summaryOf(report)) say(line);
  return report.ok ? 0 : 1;
}

function summaryOf({ checks, recovered, ok }: AuditReport): string[] {
  const lines = checks.map(({ name, invariant, violations, fault, unchecked = 0 }) => {
    if (fault !== undefined) return `✖ ${name} (${invariant}) could not be checked`;
    if (violations === 0 && unchecked === 0) return `✔ ${name} (${invariant})`;
    const found = violations === 0 ? [] : [`${violations} violation${violations === 1 ? '' : 's'}`];
    const missing = unchecked === 0 ? [] : [`${unchecked} could not be checked`];
    return `✖ ${name} (${invariant}): ${[...found, ...missing].join(', ')}`;
  });
  if (recovered.length > 0) lines.push(`Recoveries were started for ${recovered.join(', ')}.`);
  lines.push(ok ? 'The audit passed.' : 'The audit found violations. The dead letters say what to do.');
  return lines;
}
