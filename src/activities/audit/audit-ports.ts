import type { OrderPolicy } from '../../domain/policy.js';
import type { DeadLetterStore } from '../dead-letters.js';
import type { GatewayEventStore, StoredGatewayEvent, OrderMessenger, RefundResumer } from '../gateway-events.js';
import type { LookBackStore } from './look-back-ports.js';
import type { ChargeStore, PaymentGateways } from '../payments.js';

/** One violation. `orderId` is empty if it is not about an order. */
export interface Finding {
  orderId: string;
  /** What it is about besides the order: a SKU, an attempt, an event; otherwise empty. */
  about: string;
  detail: string;
  /** Not a finding while a workflow works on it: it has a dead letter already, or it is early. */
  unlessRunning?: boolean;
}

/** What a finding is about: equal if the same thing is found again. */
export type Place = Pick<Finding, 'orderId' | 'about'>;

export interface Inspection {
  findings: Finding[];
  /** What was checked; without a finding, a dead letter about it is resolved. */
  inspected: 'everything' | readonly Place[];
  /** What could not be checked, and why. */
  unchecked?: Finding[];
}

/** One invariant, checked by one query on one snapshot of the database. */
export interface BookCheck {
  name: string;
  /** I1 to I14, as docs/audit.md lists them. */
  invariant: string;
  /** A recovery fixes this. */
  isRecoverable: boolean;
  /** A recount of the orders fixes this. */
  isRecountable?: boolean;
  /** This is about an accepted cancel, which must be signaled again. */
  isCancel?: boolean;
  /** This is about a refund, whose own workflow fixes it when it runs again. */
  isResumable?: boolean;
  /** Some of its findings are `unlessRunning`. */
  isTended?: boolean;
}

/** A dead letter that an audit opened and that is not settled, or was discarded recently. */
export interface AuditLetter extends Place {
  id: string;
  check: string;
  isDiscarded: boolean;
}

/** What the audit reads from the database. */
export interface AuditStore {
  readonly checks: readonly BookCheck[];
  inspect(check: string, limits: AuditLimits): Promise<Inspection>;
  letters(): Promise<AuditLetter[]>;
  resolve(letterIds: readonly string[]): Promise<void>;
  /** Recounts all orders, for the statistics. */
  recount(): Promise<void>;
  /** A random sample of orders without an answer that have not changed for `quietMs`. */
  unsettledOrders(quietMs: number, limit: number): Promise<string[]>;
  /** Which of these orders have no row, or no answer yet. */
  withoutAnswer(orderIds: readonly string[]): Promise<string[]>;
  withoutRow(orderIds: readonly string[]): Promise<string[]>;
}

/** Order workflows as Temporal knows them. */
export interface RunReader {
  /** Orders with a run that failed or was ended from outside within the last `windowMs`, the newest first. */
  endedBadly(windowMs: number): Promise<string[]>;
  /** Orders whose checkout has been running for at least `ageMs`. */
  checkingOut(ageMs: number): Promise<string[]>;
  /**
   * Orders whose checkout has completed within the last `windowMs`: the newest, and as many before a random moment, so
   * that all of them are checked over time.
   */
  checkedOut(windowMs: number, limit: number): Promise<string[]>;
  /** Whether any workflow that answers for the order is open. */
  isRunning(orderId: string): Promise<boolean>;
  /** Whether the workflow of a requested refund is open. */
  isRefunding(refundId: string): Promise<boolean>;
}

/** `isGivenUp`: it was retried for the maximum time, and its order is still unknown. */
export type WaitingEvent = StoredGatewayEvent & { isGivenUp: boolean };

/** The gateway events that have not been processed. */
export interface UnprocessedEvents {
  unprocessed(limit: number, olderThanMs: number, patienceMs: number): Promise<WaitingEvent[]>;
}

/** Starts the workflow of a stored gateway event, unless it is running. */
export interface GatewayEventStarter {
  start(event: { gateway: string; eventId: string }): Promise<void>;
}

/** The workflows that carry out accepted cancels. */
export interface CancelCarrier {
  /** Signals the cancel to the workflow that works on the order, or starts one. */
  carryOut(orderId: string): Promise<void>;
}

export interface AuditPorts {
  audit: AuditStore;
  runs: RunReader;
  deadLetters: Pick<DeadLetterStore, 'openDeadLetter'>;
  messenger: OrderMessenger;
  gateway: Pick<PaymentGateways, 'lookup' | 'lookupRefund'>;
  lookBackStore: LookBackStore;
  charges: Pick<ChargeStore, 'captured'>;
  gatewayEvents: UnprocessedEvents & Pick<GatewayEventStore, 'refundFailedLate'>;
  eventStarter: GatewayEventStarter;
  refundResumer: RefundResumer;
  cancelCarrier: CancelCarrier;
}

/** How long things may take before the audit calls them stuck, in milliseconds, and how much one audit looks at. */
export interface AuditLimits {
  /** Rows that changed within this time may be in the middle of a step. */
  marginMs: number;
  checkoutMs: number;
  undoMs: number;
  redriveMs: number;
  gatewayEventMs: number;
  /** For how long the workflow of a gateway event is started again if it no longer exists. */
  gatewayEventPatienceMs: number;
  runGraceMs: number;
  runWindowMs: number;
  chargeAgeMs: number;
  /** The most findings of one check... */
  findings: number;
  /** ...charges of each kind, and refunds, to ask the gateway about: at least, if there are, and at most... */
  leastLookups: number;
  mostLookups: number;
  /** ...so that this many audits ask about all of the last day... */
  lookBackAudits: number;
  /** ...until so many could not be asked about, or so much time has passed... */
  lookupFaults: number;
  lookupMs: number;
  /** ...orders whose workflows to ask for... */
  orders: number;
  /** ...completed checkouts to look for in the database, twice... */
  checkouts: number;
  /** ...and recoveries to start. */
  recoveries: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Limits that no healthy order under this policy reaches. */
export function auditLimits(policy: OrderPolicy): AuditLimits {
  const marginMs = policy.undoAlarmMs + 5 * MINUTE;
  return {
    marginMs,
    checkoutMs: Math.max(policy.paymentDeadlineMs, policy.stepDeadlineMs) + marginMs,
    undoMs: Math.max(HOUR, 2 * marginMs),
    redriveMs: HOUR,
    gatewayEventMs: 10 * MINUTE,
    gatewayEventPatienceMs: 96 * HOUR,
    runGraceMs: MINUTE,
    runWindowMs: 72 * HOUR,
    chargeAgeMs: 24 * HOUR,
    findings: 100,
    leastLookups: 50,
    mostLookups: 1_000,
    lookBackAudits: 12,
    lookupFaults: 20,
    lookupMs: 40_000,
    orders: 300,
    checkouts: 1_000,
    recoveries: 200,
  };
}
