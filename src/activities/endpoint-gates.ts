/** Bounds how much of this process one endpoint can hold, so that a slow or dead one holds up no other. */
export interface EndpointGates {
  /** Runs the call unless the endpoint has too many under way; undefined then, and nothing was called. */
  enter<T>(endpointId: string, call: () => Promise<T>): Promise<T | undefined>;
}

export interface GateLimits {
  /** Most calls under way to one endpoint. */
  atOnce: number;
  /** How long a call waits for its turn. Once one has waited in vain, no other waits until a call has ended. */
  waitMs: number;
}

const LIMITS: GateLimits = { atOnce: 8, waitMs: 1_000 };

interface Gate {
  underWay: number;
  waiting: Set<() => void>;
  isStuck: boolean;
}

export function createEndpointGates({ atOnce, waitMs }: GateLimits = LIMITS): EndpointGates {
  const gates = new Map<string, Gate>();

  return {
    async enter(endpointId, call) {
      const gate = gates.get(endpointId) ?? { underWay: 0, waiting: new Set(), isStuck: false };
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
    if (gate.isStuck) return false;
    return new Promise((resolve) => {
      const turn = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        gate.waiting.delete(turn);
        gate.isStuck = true;
        resolve(false);
      }, waitMs);
      gate.waiting.add(turn);
    });
  }

  /** Hands the place to the next one who waits. */
  function leave(endpointId: string, gate: Gate): void {
    gate.isStuck = false;
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
