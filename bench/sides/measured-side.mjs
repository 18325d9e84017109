import { checkoutOf } from '../goods.mjs';
import { cpuMs, memoryMb } from '../processes.mjs';
import { watchSettlement } from '../settlement.mjs';

/**
 * One side of the comparison, as the rounds see it.
 * @param parts the processes by the column that they count in: `{ app: [pid, …], temporal: … }`
 */
export async function measuredSide(lifetime, { name, prefix, databaseUrl, parts, ...rest }) {
  const settlement = await lifetime.start(`watch over ${name}`, async () => watchSettlement(databaseUrl));
  const roots = Object.values(parts).flat();
  // The connection of the watch is not a cost of the side, and a part below another one is a part of its own.
  const isSkipped = (command, pid) => command.includes(`(${settlement.localPort})`) || roots.includes(pid);
  const sumOf = (measure) =>
    Object.fromEntries(
      Object.entries(parts).map(([part, pids]) => [part, pids.reduce((sum, pid) => sum + measure(pid, isSkipped), 0)]),
    );
  let posted = 0;
  return {
    name,
    prefix,
    databaseUrl,
    settlement,
    headers: {},
    /** Whether every second order asks to wait for its end. */
    waits: false,
    ...rest,
    /** Every checkout that was accepted, oldest first. */
    accepted: [],
    nextCheckout() {
      const n = posted++;
      return { checkout: checkoutOf(`${prefix}-${n}`, n), isWaiting: (rest.waits ?? false) && n % 2 === 1 };
    },
    cpu: () => sumOf(cpuMs),
    memory: () => sumOf(memoryMb),
  };
}
