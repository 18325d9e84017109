/**
 * Limits how much of this process one endpoint can occupy, so that a slow or dead one does not hold up others.
 * Hand-written: no library knows an endpoint that is stuck.
 */
export interface EndpointGates {
  /** Runs the call; undefined, without a call, if the endpoint has too many in progress. */
  enter<T>(endpointId: string, call: () => Promise<T>): Promise<T | undefined>;
}

export interface GateLimits {
  /** The most calls in progress to one endpoint. */
  atOnce: number;
  /** An endpoint is stuck if none of its calls has ended for this long: no call waits for it until one ends. */
  stuckMs: number;
  /** The longest that a call waits for its turn at an endpoint that is not stuck. */
  waitMs: number;
}

const LIMITS: GateLimits = { atOnce: 8, stuckMs: 1_000, waitMs: 5_000 };

interface Gate {
  underWay: number;
  waiting: Set<() => void>;
  movedAt: number;
}

export function createEndpointGates({ atOnce, stuckMs, waitMs }: GateLimits = LIMITS): EndpointGates {
  const gates = new Map<string, Gate>();

  return {
    async enter(endpointId, call) {
      const gate = gates.get(endpointId) ?? { underWay: 0, waiting: new Set(), movedAt: performance.now() };
      gates.set(endpointId, gate);
      if (!(await turnAt(gate))) return undefined;
      try {
        return await call();
      } finally {
        leave(endpointId, gate);
      }
    },
  };

  async function turnAt(gate: Gate): Promise<boolean> {
    if (gate.underWay < atOnce) {
      gate.underWay += 1;
      return true;
    }
    const isStuck = () => performance.now() - gate.movedAt >= stuckMs;
    const until = performance.now() + waitMs;
    return new Promise((resolve) => {
      const turn = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const look = () => {
        if (!isStuck() && performance.now() < until) {
          timer = setTimeout(look, stuckMs / 4);
          return;
        }
        gate.waiting.delete(turn);
        resolve(false);
      };
      let timer: NodeJS.Timeout | undefined;
      gate.waiting.add(turn);
      look();
    });
  }

  /** Hands the slot to the next one in line. */
  function leave(endpointId: string, gate: Gate): void {
    gate.movedAt = performance.now();
    const [next] = gate.waiting;
    if (next !== undefined) {
      gate.waiting.delete(next);
      next();
      return;
    }
    gate.underWay -= 1;
    if (gate.underWay === 0) gates.delete(endpointId);
  }
}
