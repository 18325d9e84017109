import type { AcceptedOrder, OrderRun, Undone } from '../domain/order.js';
import type { Superseded } from '../domain/outcomes.js';

export interface BeginUndoInput {
  order: AcceptedOrder;
  owner: string;
  to: 'compensating' | 'cancelling';
}

/** `confirmed`: the order was paid after all and this failure is void. */
export type UndoOpening = { kind: 'open' } | { kind: 'confirmed' } | Superseded;

/** How an order's own row moves. Each method is one transaction and can be run again. */
export interface OrderStore {
  /** Closes the order to every forward step; writes its row when no step got that far. */
  beginUndo(input: BeginUndoInput): Promise<UndoOpening>;
  end(run: OrderRun, ending: Undone): Promise<void>;
}

export type OrderActivities = ReturnType<typeof createOrderActivities>;

export function createOrderActivities({ orders }: { orders: OrderStore }) {
  return {
    async beginUndo(input: BeginUndoInput): Promise<UndoOpening> {
      return orders.beginUndo(input);
    },

    async endOrder({ ending, ...run }: OrderRun & { ending: Undone }): Promise<void> {
      return orders.end(run, ending);
    },
  };
}
