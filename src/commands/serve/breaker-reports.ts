import type { Metrics } from '../../adapters/prometheus/metrics.js';
import type { BreakerChange, BreakerState } from '../../adapters/gateways/breaker.js';

interface BreakerLog {
  info(about: object, text: string): void;
  warn(about: object, text: string): void;
}

const WORDS: Record<BreakerState, string> = {
  open: 'the circuit breaker of a gateway is open: its orders wait',
  half_open: 'the circuit breaker of a gateway is half-open: one call probes',
  closed: 'the circuit breaker of a gateway is closed: calls are let through gradually',
};

/** Logs and counts each change of the breaker in this process. */
export function createBreakerReports(
  gateway: string,
  metrics: Pick<Metrics, 'addCounter'>,
  log: BreakerLog,
): (change: BreakerChange) => void {
  const count = metrics.addCounter({
    name: 'holdfast_gateway_breaker_changes_total',
    help: 'Changes of the circuit breaker of this process, by new state',
    labels: ['gateway', 'state'],
  });
  for (const state of ['open', 'half_open', 'closed']) count({ gateway, state }, 0);

  return ({ state, scope, failures, orders, until }) => {
    count({ gateway, state });
    const about = { gateway, breaker: state, scope, failures, orders, ...(until === null ? {} : { until }) };
    if (state === 'open') log.warn(about, WORDS.open);
    else log.info(about, WORDS[state]);
  };
}
