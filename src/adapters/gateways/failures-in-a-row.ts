/** What a call is about, so that a failure is not attributed to the whole gateway. */
export interface Subject {
  orderId: string;
  /** Of a charge; a refund has none. */
  method?: string;
}

export interface Cause {
  failures: number;
  orders: string[];
  /** Set if all failed calls were charges by this method. */
  method?: string;
}

/** Failures of fewer orders than this say more about the orders than about the gateway. */
const ORDERS = 3;

/** The failed calls since the last healthy one. */
export function createFailuresInARow(most: number) {
  const orders = new Set<string>();
  const methods = new Set<string | undefined>();
  let count = 0;

  return {
    add({ orderId, method }: Subject): void {
      count += 1;
      // More names would change nothing, and this bounds the memory.
      if (orders.size < most + ORDERS) orders.add(orderId);
      if (methods.size < 2) methods.add(method);
    },
    /** Enough failures, and of enough orders, to blame the gateway. */
    isFull: (): boolean => count >= most && orders.size >= Math.min(most, ORDERS),
    /** Forgets them. */
    take(): Cause {
      const [method] = methods.size === 1 ? methods : [];
      const taken = { failures: count, orders: [...orders], ...(method === undefined ? {} : { method }) };
      orders.clear();
      methods.clear();
      count = 0;
      return taken;
    },
  };
}
