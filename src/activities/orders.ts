// The steps with effects, as workflows call them, and the ports (interfaces) that they need.
// Never SQL, HTTP or a driver: the implementations are in `adapters`. Each activity may run twice.

import type { Actor } from '../domain/actor.js';
import type { RequestedChange } from '../domain/order-change.js';
import type { RequestedFulfilment } from '../domain/fulfilment.js';
import type { AcceptedOrder, OrderRun, Undone } from '../domain/order.js';
import type { Admission, Superseded, Undoing } from '../domain/outcomes.js';

export interface BeginUndoInput {
  order: AcceptedOrder;
  owner: string;
  ending: Undone;
}

/**
 * `ending` is how the order will end. It differs from the requested one if this run had begun to undo before and
 * forgot, or if the order was given up unpaid after its time to pay was over: then it is `expired`. `confirmed`: the
 * order was paid after all and this failure is void.
 */
export type UndoOpening = { kind: 'open'; ending: Undone } | { kind: 'confirmed' } | Superseded;

/**
 * The state of an order for its recovery. `ended`: only its money may still be wrong. `undoing`: its undo has begun, or
 * a cancel was accepted and no undo has begun.
 */
export type RecoveryStanding = { kind: 'open' | 'ended' } | Undoing | Superseded;

/** Changes an order's row. Each method is one transaction and can be run again. */
export interface OrderStore {
  /** Stores a cancel that a run has received, unless one is stored already or it comes too late. */
  noteCancel(run: OrderRun, reason: string): Promise<void>;
  /** Closes the order to every forward step and stores how it ends; writes its row if no step has. */
  beginUndo(input: BeginUndoInput): Promise<UndoOpening>;
  endOrder(run: OrderRun, ending: Undone): Promise<void>;
  /** confirmed → completed. */
  completeOrder(orderId: string, actor?: Actor): Promise<Admission>;
  /** Ships some or all of a confirmed order; the last units complete it. The same again: admitted again. */
  createFulfilment(fulfilment: RequestedFulfilment): Promise<Admission>;
  /** Changes addresses, phone or metadata while nothing has shipped. The same again: admitted again. */
  amendOrder(change: RequestedChange): Promise<Admission>;
  /** failed → pending and open → redriving, together or not at all; this run owns the order then. */
  takeOverToRedrive(run: OrderRun, deadLetterId: string, actor?: Actor): Promise<Admission>;
  /** confirmed → cancelling; this run owns the order then. */
  takeOverToCancel(run: OrderRun, reason: string): Promise<Admission>;
  /** Makes this run the owner of an order whose own run no longer exists; writes its row if there is none. */
  takeOverToRecover(order: AcceptedOrder, owner: string): Promise<RecoveryStanding>;
}

export type OrderActivities = ReturnType<typeof createOrderActivities>;

export function createOrderActivities({ orders }: { orders: OrderStore }) {
  return {
    /** Runs from before reasons were stored pass none. */
    noteCancel: ({ reason = 'cancelled', ...run }: OrderRun & { reason?: string }): Promise<void> =>
      orders.noteCancel(run, reason),

    beginUndo: (input: BeginUndoInput): Promise<UndoOpening> => orders.beginUndo(input),

    endOrder: ({ ending, ...run }: OrderRun & { ending: Undone }): Promise<void> => orders.endOrder(run, ending),

    completeOrder: ({ orderId, actor }: { orderId: string; actor?: Actor | undefined }): Promise<Admission> =>
      orders.completeOrder(orderId, actor),

    createFulfilment: (fulfilment: RequestedFulfilment): Promise<Admission> => orders.createFulfilment(fulfilment),

    amendOrder: (change: RequestedChange): Promise<Admission> => orders.amendOrder(change),

    takeOverToRedrive: ({
      deadLetterId,
      actor,
      ...run
    }: OrderRun & { deadLetterId: string; actor?: Actor | undefined }): Promise<Admission> =>
      orders.takeOverToRedrive(run, deadLetterId, actor),

    takeOverToCancel: ({ reason, ...run }: OrderRun & { reason: string }): Promise<Admission> =>
      orders.takeOverToCancel(run, reason),

    takeOverToRecover: ({ order, owner }: { order: AcceptedOrder; owner: string }): Promise<RecoveryStanding> =>
      orders.takeOverToRecover(order, owner),
  };
}
