import type { AuditLimits, AuditPorts, Finding, Inspection, Place } from './audit-ports.js';

/** What an audit checks, and what it does about a finding in addition to opening a dead letter. */
export interface AuditCheck {
  name: string;
  invariant: string;
  kind: 'books' | 'run';
  /** `open` contains this check's earlier findings that are not settled. */
  inspect(open: readonly Place[]): Promise<Inspection>;
  cure?(finding: Finding): Promise<void>;
}

export interface CheckTools {
  ports: AuditPorts;
  limits: AuditLimits;
  signal: AbortSignal;
  /** Reports that the audit is alive. */
  heartbeat(detail: string): void;
  /** Starts a recovery of the order unless a workflow answers for it. */
  recover(orderId: string): Promise<void>;
}
