import pLimit from 'p-limit';
import type { AuditCheck, CheckTools } from './audit-check.js';
import { gatewayChecks } from './audit-gateway-checks.js';
import type { Finding } from './audit-ports.js';
import { isUndoRefundId } from '../../domain/ids.js';

const AT_ONCE = 5;

/** All checks of an audit, the cheap ones first. */
export function auditChecks(tools: CheckTools): AuditCheck[] {
  return [...bookChecks(tools), eventCheck(tools), ...runChecks(tools), ...gatewayChecks(tools)];
}

function bookChecks({ ports, limits, heartbeat, recover }: CheckTools): AuditCheck[] {
  const { audit, refundResumer, cancelCarrier, runs } = ports;
  let recounting: Promise<void> | undefined;
  // One recount of all orders fixes any number of wrong counts.
  const recount = (): Promise<void> => (recounting ??= audit.recount());
  const resume = async ({ orderId, about: refundId }: Finding): Promise<void> => {
    if (!(await refundResumer.resume(orderId, refundId))) await recover(orderId);
  };
  const isWrong = async ({ orderId, about: refundId, unlessRunning = false }: Finding, isResumable: boolean) => {
    if (!unlessRunning) return true;
    heartbeat(orderId);
    const hasOwnWorkflow = isResumable && !isUndoRefundId(refundId);
    return !(await (hasOwnWorkflow ? runs.isRefunding(refundId) : runs.isRunning(orderId)));
  };
  return audit.checks.map(
    ({ name, invariant, isRecoverable, isRecountable = false, isResumable = false, isCancel = false }) => ({
      name,
      invariant,
      kind: 'books',
      async inspect() {
        const { findings, inspected } = await audit.inspect(name, limits);
        const flags = await pLimit(AT_ONCE).map(findings, (finding) => isWrong(finding, isResumable));
        return { findings: findings.filter((_, index) => flags[index]), inspected };
      },
      ...(isRecoverable ? { cure: ({ orderId }: Finding) => recover(orderId) } : {}),
      ...(isRecountable ? { cure: recount } : {}),
      ...(isResumable ? { cure: resume } : {}),
      ...(isCancel ? { cure: ({ orderId }: Finding) => cancelCarrier.carryOut(orderId) } : {}),
    }),
  );
}

function eventCheck({ ports: { gatewayEvents, eventStarter }, limits }: CheckTools): AuditCheck {
  const givenUp = new Set<string>();
  return {
    name: 'gateway-events-are-processed',
    invariant: 'I9',
    kind: 'books',
    async inspect() {
      const { findings: most, gatewayEventMs, gatewayEventPatienceMs } = limits;
      const events = await gatewayEvents.unprocessed(most, gatewayEventMs, gatewayEventPatienceMs);
      for (const { gateway, eventId } of events.filter(({ isGivenUp }) => isGivenUp)) {
        givenUp.add(`${gateway}/${eventId}`);
      }
      const findings = events.map(({ gateway, eventId, type, orderId }) => ({
        orderId: orderId ?? '',
        about: `${gateway}/${eventId}`,
        detail: `the gateway's message ${eventId} (${type}) was stored and nothing was done about it`,
      }));
      return { findings, inspected: events.length < limits.findings ? 'everything' : [] };
    },
    async cure({ about }) {
      if (givenUp.has(about)) return;
      const slash = about.indexOf('/');
      await eventStarter.start({ gateway: about.slice(0, slash), eventId: about.slice(slash + 1) });
    },
  };
}

function runChecks({ ports: { audit, runs }, limits, heartbeat, recover }: CheckTools): AuditCheck[] {
  const cure = ({ orderId }: Finding) => recover(orderId);
  const isAbandoned = async (orderId: string) => {
    heartbeat(orderId);
    return !(await runs.isRunning(orderId));
  };
  const abandoned = async (orderIds: readonly string[]): Promise<string[]> => {
    const flags = await pLimit(AT_ONCE).map(orderIds, isAbandoned);
    // A run that ended during the query has written its answer by now.
    return audit.withoutAnswer(orderIds.filter((_, index) => flags[index]));
  };

  return [
    {
      name: 'no-run-ends-badly',
      invariant: 'I11',
      kind: 'run',
      cure,
      async inspect() {
        const suspects = await audit.withoutAnswer(await runs.endedBadly(limits.runWindowMs));
        const orderIds = await abandoned(suspects.slice(0, limits.orders));
        const detail = 'its workflow failed or was ended from outside, and the order has no answer';
        const isComplete = suspects.length <= limits.orders;
        return { findings: about(orderIds, detail), inspected: isComplete ? 'everything' : [] };
      },
    },
    {
      name: 'open-orders-have-a-run',
      invariant: 'I11',
      kind: 'run',
      cure,
      async inspect() {
        const unsettled = await audit.unsettledOrders(limits.runGraceMs, limits.orders);
        const orderIds = await abandoned(unsettled);
        const detail = 'the order has no answer, and no workflow that works on it';
        const isComplete = unsettled.length < limits.orders;
        return { findings: about(orderIds, detail), inspected: isComplete ? 'everything' : about(unsettled, '') };
      },
    },
    {
      name: 'accepted-orders-have-a-row',
      invariant: 'I11',
      // No run may guess the outcomes of its charges and refunds, so it cannot be redriven.
      kind: 'books',
      async inspect(open) {
        const ended = await runs.checkedOut(limits.runWindowMs, limits.checkouts);
        const looked = [...new Set([...ended, ...open.map(({ orderId }) => orderId)])];
        const lost = await audit.withoutRow(looked);
        const detail = 'its checkout has ended, and the books have no row of it: they are older than its workflow';
        const found = looked.filter((orderId) => !lost.includes(orderId));
        return { findings: about(lost.slice(0, limits.findings), detail), inspected: about(found, '') };
      },
    },
    {
      name: 'runs-have-an-order',
      invariant: 'I11',
      kind: 'run',
      async inspect() {
        const orderIds = await audit.withoutRow(await runs.checkingOut(limits.runGraceMs));
        const detail = 'its checkout is running and no step of it has written anything yet';
        const isComplete = orderIds.length <= limits.findings;
        return {
          findings: about(orderIds.slice(0, limits.findings), detail),
          inspected: isComplete ? 'everything' : [],
        };
      },
    },
  ];
}

function about(orderIds: readonly string[], detail: string): Finding[] {
  return orderIds.map((orderId) => ({ orderId, about: '', detail }));
}
