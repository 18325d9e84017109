// The audit: compares the database, the workflows and the gateway, and opens dead letters for differences.
// It never changes an order: an order that is wrong gets a recovery, or needs a person.

import { Context } from '@temporalio/activity';
import type { OrderPolicy } from '../../domain/policy.js';
import { auditChecks } from './audit-checks.js';
import type { AuditCheck } from './audit-check.js';
import { auditLimits, type AuditLimits, type AuditPorts, type Finding, type Place } from './audit-ports.js';

/** What an audit reports as it runs: a violation, or `fault` if a part of the audit itself failed. */
export interface AuditLine extends Finding {
  level: 'violation' | 'fault';
  check: string;
}

export interface AuditObserver {
  log(line: AuditLine): void;
  /** Called often: at least once between any two external calls. */
  heartbeat(detail: string): void;
  signal: AbortSignal;
}

export interface CheckResult {
  name: string;
  invariant: string;
  violations: number;
  /** Why it could not be checked... */
  fault?: string;
  /** ...or how much of it. */
  unchecked?: number;
}

export interface AuditReport {
  checks: CheckResult[];
  /** Orders for which a recovery was started. */
  recovered: string[];
  /** Every check ran, and none found anything. */
  ok: boolean;
}

/** Marks the dead letters that audits open and may resolve. */
export const AUDIT_STEP = 'audit';

export type AuditActivities = ReturnType<typeof createAuditActivities>;

export function createAuditActivities(ports: AuditPorts) {
  return {
    /** Runs all checks, opens a dead letter for each violation, and starts what can fix it. */
    async auditBooks(policy: OrderPolicy): Promise<AuditReport> {
      const context = Context.current();
      const report = await auditOnce(ports, auditLimits(policy), {
        log: ({ level, orderId, ...rest }) => {
          const line = { ...rest, ...(orderId === '' ? {} : { order_id: orderId }) };
          if (level === 'violation') context.log.error('the audit found a violation', line);
          else context.log.warn('a part of the audit failed', line);
        },
        heartbeat: (detail) => context.heartbeat(detail),
        signal: context.cancellationSignal,
      });
      const gauge = context.metricMeter.createGauge(
        'holdfast_audit_violations',
        'int',
        '',
        'What the last audit found',
      );
      for (const { name, violations } of report.checks) gauge.set(violations, { check: name });
      // Each worker exposes the findings of its own last audit; this shows which was the most recent.
      context.metricMeter
        .createGauge('holdfast_audit_finished_seconds', 'int', '', 'When the last audit ended, in Unix time')
        .set(Math.floor(Date.now() / 1000));
      return report;
    },
  };
}

/**
 * One audit. A check that fails to run is reported, and the others continue.
 * @throws when the dead letters cannot be read, and when the signal is aborted
 */
export async function auditOnce(ports: AuditPorts, limits: AuditLimits, observer: AuditObserver): Promise<AuditReport> {
  const { audit, runs, messenger, deadLetters } = ports;
  const { signal } = observer;
  const recovered = new Set<string>();
  const recover = async (orderId: string): Promise<void> => {
    if (recovered.has(orderId) || recovered.size >= limits.recoveries || (await runs.isRunning(orderId))) return;
    await messenger.recover(orderId);
    recovered.add(orderId);
  };
  const checks = auditChecks({ ports, limits, signal, heartbeat: observer.heartbeat, recover });
  const letters = await audit.letters();

  const results: CheckResult[] = [];
  for (const check of checks) results.push(await examine(check));
  return {
    checks: results,
    recovered: [...recovered],
    ok: results.every(
      ({ violations, fault, unchecked = 0 }) => violations === 0 && fault === undefined && unchecked === 0,
    ),
  };

  async function examine(check: AuditCheck): Promise<CheckResult> {
    const { name, invariant } = check;
    signal.throwIfAborted();
    observer.heartbeat(name);
    try {
      const open = letters.filter((letter) => letter.check === name && !letter.isDiscarded);
      const { findings, inspected, unchecked = [] } = await check.inspect(open);
      for (const finding of findings) await act(check, finding);
      const over = open.filter((letter) => {
        return (inspected === 'everything' || inspected.some(sameAs(letter))) && !findings.some(sameAs(letter));
      });
      if (over.length > 0) await audit.resolve(over.map(({ id }) => id));
      for (const place of unchecked) {
        observer.log({ level: 'fault', check: name, ...place, detail: oneLine(place.detail) });
      }
      const part = unchecked.length === 0 ? {} : { unchecked: unchecked.length };
      return { name, invariant, violations: findings.length, ...part };
    } catch (error) {
      signal.throwIfAborted();
      const fault = textOf(error);
      observer.log({ level: 'fault', check: name, orderId: '', about: '', detail: fault });
      return { name, invariant, violations: 0, fault };
    }
  }

  /** The dead letter comes first: the fix resolves it when it ends. */
  async function act(check: AuditCheck, finding: Finding): Promise<void> {
    const { name, kind } = check;
    const { orderId, about, detail } = finding;
    observer.log({ level: 'violation', check: name, ...finding });
    observer.heartbeat(name);
    const isDiscarded = letters.some((letter) => {
      return letter.isDiscarded && letter.check === name && sameAs(letter)(finding);
    });
    // A discarded finding is not brought back immediately.
    if (!isDiscarded) {
      const subject = about === '' ? name : `${name}:${about}`;
      await deadLetters.openDeadLetter({
        orderId,
        kind,
        step: AUDIT_STEP,
        errorClass: name,
        lastError: detail,
        subject,
      });
    }
    await check.cure?.(finding).catch((error: unknown) => {
      observer.log({ level: 'fault', check: name, ...finding, detail: `could not be fixed: ${textOf(error)}` });
    });
  }
}

function sameAs(place: Place): (other: Place) => boolean {
  return ({ orderId, about }) => orderId === place.orderId && about === place.about;
}

/** One line of bounded length: a report is kept in the workflow's history. */
function textOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error));
}

function oneLine(message: string): string {
  return message.replaceAll(/\s+/g, ' ').slice(0, 300);
}
