// Hand-written because the relay must never wait: a half-open `cockatiel` breaker makes calls wait for its probe, and
// it has to run each call itself, while here a batch decides first and reports its outcomes later.
/** Which endpoints get a first try from this process: those that have not failed several times in a row. */
export interface EndpointHealth {
  isSkipped(endpointId: string): boolean;
  note(endpointId: string, isWell: boolean): void;
}

const STRIKES = 3;
const REST_MS = 5_000;

export function createEndpointHealth({ strikes = STRIKES, restMs = REST_MS } = {}): EndpointHealth {
  const failures = new Map<string, { inARow: number; restUntil: number }>();
  return {
    isSkipped(endpointId) {
      const failed = failures.get(endpointId);
      if (failed === undefined || failed.inARow < strikes) return false;
      const now = performance.now();
      if (now < failed.restUntil) return true;
      // One try probes the endpoint; the others wait for its outcome.
      failed.restUntil = now + restMs;
      return false;
    },
    note(endpointId, isWell) {
      if (isWell) return void failures.delete(endpointId);
      const inARow = (failures.get(endpointId)?.inARow ?? 0) + 1;
      failures.set(endpointId, { inARow, restUntil: performance.now() + restMs });
    },
  };
}
