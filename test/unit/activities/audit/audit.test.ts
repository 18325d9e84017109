import { describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { auditOnce, createAuditActivities, type AuditLine } from '../../../../src/activities/audit/audit.js';
import {
  auditLimits,
  type AuditLetter,
  type AuditPorts,
  type AuditStore,
  type BookCheck,
  type Finding,
} from '../../../../src/activities/audit/audit-ports.js';
import type { BookedCharge } from '../../../../src/activities/audit/look-back-ports.js';
import { DEFAULT_POLICY } from '../../../../src/domain/policy.js';

const limits = auditLimits(DEFAULT_POLICY);
const finding = (orderId: string, about = ''): Finding => ({ orderId, about, detail: `${orderId} is wrong` });
const letter = (id: string, orderId: string, isDiscarded = false): AuditLetter => {
  return { id, check: 'money', orderId, about: '', isDiscarded };
};

interface Scene {
  check: Partial<BookCheck>;
  findings: Finding[];
  isPartial: boolean;
  letters: AuditLetter[];
  charges: BookedCharge[];
  running: string[];
  orphans: string[];
  overrides: Partial<AuditPorts>;
}

/** An audit of one check of the books, `money`, over made-up books. Everything it does is in `done`. */
function stage(scene: Partial<Scene>) {
  const done: string[] = [];
  const lines: AuditLine[] = [];
  const audit: AuditStore = {
    checks: [{ name: 'money', invariant: 'I3', isRecoverable: true, ...scene.check }],
    inspect: async () => ({ findings: scene.findings ?? [], inspected: scene.isPartial ? [] : 'everything' }),
    letters: async () => scene.letters ?? [],
    resolve: async (ids) => void done.push(`resolve ${ids.join(' ')}`),
    recount: async () => void done.push('recount'),
    unsettledOrders: async () => scene.orphans ?? [],
    withoutAnswer: async (ids) => [...ids],
    withoutRow: async (ids) => [...ids],
  };
  const ports: AuditPorts = {
    audit,
    runs: {
      endedBadly: async () => [],
      checkingOut: async () => [],
      checkedOut: async () => [],
      isRunning: async (orderId) => scene.running?.includes(orderId) ?? false,
      isRefunding: async (refundId) => scene.running?.includes(refundId) ?? false,
    },
    deadLetters: {
      openDeadLetter: async ({ kind, orderId, subject }) => void done.push(`open ${kind} ${orderId} ${subject}`),
    },
    messenger: { tell: async () => false, recover: async (orderId) => void done.push(`recover ${orderId}`) },
    gateway: { lookup: async () => ({ kind: 'not_found' }), lookupRefund: async () => ({ kind: 'not_found' }) },
    lookBackStore: {
      charges: async (isCaptured) => {
        const next = isCaptured ? [] : (scene.charges ?? []).map((charge) => ({ ...charge, settledAt: '' }));
        return { named: [], next, isLast: true, missed: 0 };
      },
      refunds: async () => ({ named: [], next: [], isLast: true, missed: 0 }),
      lookedBack: async () => {},
    },
    charges: {
      async captured({ orderId }, attempt) {
        done.push(`capture ${orderId} ${attempt}`);
        return { kind: 'superseded' };
      },
    },
    gatewayEvents: { unprocessed: async () => [], refundFailedLate: async () => false },
    eventStarter: { start: async () => {} },
    refundResumer: {
      async resume(orderId, refundId) {
        done.push(`resume ${refundId} of ${orderId}`);
        return refundId.startsWith('rf_');
      },
    },
    cancelCarrier: { carryOut: async (orderId) => void done.push(`cancel ${orderId}`) },
    ...scene.overrides,
  };
  const observer = { log: (line: AuditLine) => void lines.push(line), heartbeat: () => {} };
  const run = (signal = new AbortController().signal, most = limits) => auditOnce(ports, most, { ...observer, signal });
  return { ports, run, done, lines };
}

test('wrong counts are recounted once, no matter how many are wrong', async () => {
  const findings = [finding('', 'failed'), finding('', 'confirmed')];
  const { done, run } = stage({ check: { isRecoverable: false, isRecountable: true }, findings });
  await run();
  expect(done.filter((what) => what === 'recount')).toHaveLength(1);
});

test('a requested refund continues in its own workflow, any other in the recovery of its order', async () => {
  const findings = [finding('a', 'rf_1'), finding('b', 'undo-b-1')];
  const { done, run } = stage({ check: { isRecoverable: false, isResumable: true }, findings });
  await run();
  expect(done.filter((what) => !what.startsWith('open'))).toEqual([
    'resume rf_1 of a',
    'resume undo-b-1 of b',
    'recover b',
  ]);
});

test('the workflow of an event is started again, but not of one that was tried for days without success', async () => {
  const started: string[] = [];
  const event = { gateway: 'g', type: 't', chargeKey: null, refundKey: null, orderId: 'a', isProcessed: false };
  const events = [
    { ...event, eventId: 'new', isGivenUp: false },
    { ...event, eventId: 'old', isGivenUp: true },
  ];
  const overrides: Partial<AuditPorts> = {
    gatewayEvents: { unprocessed: async () => events, refundFailedLate: async () => false },
    eventStarter: { start: async ({ eventId }) => void started.push(eventId) },
  };
  const { run, done } = stage({ overrides });
  await run();
  expect(started).toEqual(['new']);
  expect(done.filter((what) => what.startsWith('open'))).toHaveLength(2);
});

describe('an audit', () => {
  test('opens the dead letter before it starts the recovery that will resolve it', async () => {
    const { run, done } = stage({ findings: [finding('a', 'attempt 2')] });
    const report = await run();
    expect(done).toEqual(['open books a money:attempt 2', 'recover a']);
    expect(report).toMatchObject({ ok: false, recovered: ['a'] });
    expect(report.checks[0]).toEqual({ name: 'money', invariant: 'I3', violations: 1 });
  });

  test('recovers an order once, no matter what is wrong with it, and at most as many orders as its limit', async () => {
    const { run, done } = stage({ findings: [finding('a', '1'), finding('a', '2'), finding('b'), finding('c')] });
    const report = await run(undefined, { ...limits, recoveries: 2 });
    expect(done.filter((what) => what.startsWith('recover'))).toEqual(['recover a', 'recover b']);
    expect(report.recovered).toEqual(['a', 'b']);
  });

  test('leaves an order to the workflow that is working on it', async () => {
    const { run, done } = stage({ findings: [finding('a')], running: ['a'] });
    await run();
    expect(done).toEqual(['open books a money']);
  });

  test('resolves what it no longer finds, not what is discarded or still there', async () => {
    const letters = [letter('l1', 'a'), letter('l2', 'b'), letter('l3', 'c', true)];
    const { run, done } = stage({ findings: [finding('a')], letters, running: ['a'] });
    await run();
    expect(done).toEqual(['open books a money', 'resolve l2']);
  });

  test('resolves nothing of a check that did not see everything', async () => {
    const { run, done } = stage({ isPartial: true, letters: [letter('l1', 'a')] });
    await run();
    expect(done).toEqual([]);
  });

  test('continues when a recovery cannot be started', async () => {
    const recover = async () => {
      throw new Error('there is no order a to recover\n    at somewhere');
    };
    const messenger = { tell: async () => false, recover };
    const { run, lines } = stage({ findings: [finding('a')], overrides: { messenger } });
    expect(await run()).toMatchObject({ ok: false, recovered: [] });
    expect(lines.map(({ level, detail }) => `${level}: ${detail}`)).toEqual([
      'violation: a is wrong',
      'fault: could not be fixed: there is no order a to recover at somewhere',
    ]);
  });

  test('recovers an order without an answer only when no workflow is left', async () => {
    const { run, done } = stage({ orphans: ['a', 'b'], running: ['b'] });
    await run();
    expect(done).toEqual(['open run a open-orders-have-a-run', 'recover a']);
  });

  test('records a late capture before the recovery refunds it', async () => {
    const at = { gateway: 'fake', chargeId: null };
    const charge = { orderId: 'a', attempt: 1, owner: 'r', key: 'a:charge:1', at, amountMinor: 5, currency: 'EUR' };
    const lookupRefund = async () => ({ kind: 'not_found' }) as const;
    const lookup = async () => ({ kind: 'captured', reference: 'x', amountMinor: 5, currency: 'EUR' }) as const;
    const { run, done } = stage({ charges: [charge], overrides: { gateway: { lookup, lookupRefund } } });
    await run();
    expect(done).toEqual(['open books a uncharged-stays-uncharged:a:charge:1', 'capture a 1', 'recover a']);
  });

  test('stops when its signal aborts', async () => {
    const { run, done } = stage({ findings: [finding('a')] });
    await expect(run(AbortSignal.abort(new Error('shutting down')))).rejects.toThrow('shutting down');
    expect(done).toEqual([]);
  });

  test('in a worker, shows that it is alive and answers with its report', async () => {
    const { ports } = stage({ findings: [finding('a')] });
    const logged: string[] = [];
    const logger = new DefaultLogger('ERROR', ({ message }) => void logged.push(message));
    const environment = new MockActivityEnvironment({}, { logger });
    const heartbeats: unknown[] = [];
    environment.on('heartbeat', (detail) => heartbeats.push(detail));
    const report: unknown = await environment.run(createAuditActivities(ports).auditBooks, DEFAULT_POLICY);
    expect(report).toMatchObject({ ok: false, recovered: ['a'] });
    expect(logged).toEqual(['the audit found a violation']);
    expect(heartbeats).toEqual(expect.arrayContaining(['money', 'captures-are-real']));
  });
});

test('limits are looser than what the policy allows an order', () => {
  const { paymentDeadlineMs, stepDeadlineMs, undoAlarmMs } = DEFAULT_POLICY;
  expect(limits.checkoutMs).toBeGreaterThan(Math.max(paymentDeadlineMs, stepDeadlineMs));
  expect(limits.marginMs).toBeGreaterThan(undoAlarmMs);
  expect(auditLimits({ ...DEFAULT_POLICY, undoAlarmMs: 3_600_000 }).undoMs).toBeGreaterThan(3_600_000);
});
