import { expect } from '@jest/globals';
import type { DeadLetterStore } from '../../../src/activities/dead-letters.js';
import type { GatewayEventStore, StoredGatewayEvent } from '../../../src/activities/gateway-events.js';
import type { ReservationStore } from '../../../src/activities/inventory.js';
import type { OrderStore } from '../../../src/activities/orders.js';
import type { Captured, ChargeStore } from '../../../src/activities/payments.js';
import type { RefundStore } from '../../../src/activities/refunds.js';
import type { ScreeningStore } from '../../../src/activities/screening.js';
import type { DeadLetterKind, DeadLetterState, Evidence } from '../../../src/domain/dead-letter.js';
import type { FailureReason } from '../../../src/domain/failure.js';
import type { AcceptedOrder, OrderRun, OrderStatus, Undone } from '../../../src/domain/order.js';
import type { AttemptState, RefundState } from '../../../src/domain/payment-states.js';
import { anOrder } from '../orders.js';

/** The books of a shop behind the ports of its workflows, and what a test must see and do beside them. */
export interface Books {
  reservations: ReservationStore;
  charges: ChargeStore;
  refunds: RefundStore;
  gatewayEvents: GatewayEventStore;
  screenings: ScreeningStore;
  orders: OrderStore;
  deadLetters: DeadLetterStore;
  /** Puts a new product on the shelf. @returns its SKU */
  product(onHand: number): Promise<string>;
  /** How many of it no one holds. */
  available(sku: string): Promise<number>;
  entry(orderId: string): Promise<Entry>;
  /** Stores a gateway's message. */
  arrive(event: Partial<StoredGatewayEvent> & { eventId: string }): Promise<void>;
  /** Keeps what a person says about a dead letter. */
  keep(evidence: Evidence): Promise<void>;
  /** The stock of an order slips away, whatever its status. */
  loseHold(orderId: string): Promise<void>;
  /** Whether what was sent may still appear at the gateway. */
  settling(isSo: boolean): void;
  /** How long a send may take to begin, under `settling`. */
  sendWindowMs(): number;
  settlingTimeMs(): number;
}

/** Everything that an order has left in the books. */
export interface Entry {
  status: OrderStatus;
  version: number;
  metadata: Record<string, string>;
  owner: string;
  cancelReason: string | null;
  /** The states of its reservations. */
  held: string[];
  attempts: {
    attempt: number;
    owner: string;
    state: AttemptState;
    doubtful: boolean;
    tries: number;
    capturedMinor: number | null;
  }[];
  /** The attempt that paid for the order. */
  paidBy: number | null;
  refunds: {
    refundId: string;
    key: string;
    attempt: number;
    amountMinor: number;
    state: RefundState;
    restock: boolean;
  }[];
  letters: { id: string; kind: DeadLetterKind; subject: string; state: DeadLetterState; lastError: string }[];
}

/** Which gateway has a charge: each sort of books has its own. */
export const AT_A_GATEWAY: unknown = { gateway: expect.any(String), chargeId: null };

export const CALL = { latencyMs: 1 };
export const FIRST = 'run-1';
export const SECOND = 'run-2';
export const TTL_MS = 60_000;
export const CANCELLED: Undone = { status: 'cancelled', reason: 'asked for' };

export const failedBy = (reason: FailureReason): Undone => ({
  status: 'failed',
  failure: { step: 'charge', reason, detail: 'so it is' },
});

export const captureOf = ({ totalMinor: amountMinor, currency }: AcceptedOrder): Captured => ({
  kind: 'captured',
  reference: 'ch_1',
  amountMinor,
  currency,
});

export interface Scene {
  order: AcceptedOrder;
  run: OrderRun;
  sku: string;
}

/** Orders that the ports themselves have taken so far. */
export function createScenes(books: () => Books) {
  const scenes = {
    /** Accepted, and not written down anywhere. */
    async accepted({ quantity = 2, onHand = 10 } = {}): Promise<Scene> {
      const sku = await books().product(onHand);
      const lines = [{ sku, name: 'Notebook', quantity, unitPriceMinor: 1_999 }];
      const order = anOrder({ lines, totalMinor: quantity * 1_999 });
      return { order, run: { orderId: order.orderId, owner: FIRST }, sku };
    },
    async placed(): Promise<Scene> {
      const scene = await scenes.accepted();
      await books().screenings.place(scene.order, FIRST);
      return scene;
    },
    async reserved(ttlMs = TTL_MS, amounts = {}): Promise<Scene> {
      const scene = await scenes.accepted(amounts);
      await books().reservations.reserveInventory({ order: scene.order, owner: FIRST, ttlMs });
      return scene;
    },
    claim: (run: OrderRun) => books().charges.claim(run, books().sendWindowMs(), TTL_MS),
    /** Its first charge is written down as sent. */
    async sent(amounts = {}): Promise<Scene> {
      const scene = await scenes.reserved(TTL_MS, amounts);
      await scenes.claim(scene.run);
      return scene;
    },
    async inDoubt(): Promise<Scene> {
      const scene = await scenes.sent();
      await books().charges.troubled(scene.run, 1, { kind: 'ambiguous', reason: 'no answer' }, CALL);
      return scene;
    },
    async unknown(): Promise<Scene & { letterId: string }> {
      const scene = await scenes.inDoubt();
      await books().charges.unknown(scene.run, 1, CALL);
      const { letters } = await books().entry(scene.order.orderId);
      return { ...scene, letterId: letters[0]?.id ?? '' };
    },
    async paid(): Promise<Scene> {
      const scene = await scenes.sent();
      await books().charges.captured(scene.run, 1, captureOf(scene.order), CALL);
      return scene;
    },
    async completed(): Promise<Scene> {
      const scene = await scenes.paid();
      await books().orders.completeOrder(scene.order.orderId);
      return scene;
    },
    /** With money that is not what was agreed, and its undo begun. */
    async mischarged(): Promise<Scene> {
      const scene = await scenes.sent();
      await books().charges.captured(scene.run, 1, { ...captureOf(scene.order), amountMinor: 1_000 }, CALL);
      await scenes.undo(scene, failedBy('payment_mismatch'));
      return scene;
    },
    undo: ({ order, run }: Scene, ending: Undone) => books().orders.beginUndo({ order, owner: run.owner, ending }),
    /** Undone as failed, with whatever was captured still to be refunded. */
    async failed(scene: Scene, reason: FailureReason): Promise<Scene> {
      await scenes.undo(scene, failedBy(reason));
      await books().reservations.releaseInventory(scene.run);
      await books().orders.endOrder(scene.run, failedBy(reason));
      return scene;
    },
    /** A recovery takes the order over. @returns the run that owns it now */
    async takenOver({ order }: Scene, owner = SECOND): Promise<OrderRun> {
      await books().orders.takeOverToRecover(order, owner);
      return { orderId: order.orderId, owner };
    },
    async letter(orderId: string, kind: DeadLetterKind) {
      const { letters } = await books().entry(orderId);
      const found = letters.findLast((letter) => letter.kind === kind);
      if (found === undefined) throw new Error(`order ${orderId} has no dead letter "${kind}"`);
      return found;
    },
    async evidence(orderId: string, about: 'charge' | 'refund', happened: boolean): Promise<Evidence> {
      const { id: deadLetterId } = await scenes.letter(orderId, about === 'charge' ? 'payment_unknown' : 'refund');
      const evidence: Evidence = { about, deadLetterId, happened, reference: 'seen', note: 'on the dashboard' };
      await books().keep(evidence);
      return evidence;
    },
  };
  return scenes;
}
