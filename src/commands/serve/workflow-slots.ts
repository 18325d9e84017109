import type { CustomSlotSupplier, SlotPermit, WorkflowSlotInfo } from '@temporalio/worker';

export interface WorkflowSlotsOptions {
  most: number;
  /** The number of slots while `isYielding`. */
  fewest: number;
  /** Whether something else needs the processor more urgently. */
  isYielding: () => boolean;
}

interface Waiter {
  give: (permit: SlotPermit) => void;
}

const LOOK_MS = 50;

/** How many workflow tasks a worker runs at once: fewer while it yields. The others wait in Temporal. */
export function createWorkflowSlots({
  most,
  fewest,
  isYielding,
}: WorkflowSlotsOptions): CustomSlotSupplier<WorkflowSlotInfo> {
  const waiting = new Set<Waiter>();
  let used = 0;
  let timer: NodeJS.Timeout | undefined;

  const take = (): SlotPermit | null => {
    if (used >= (isYielding() ? fewest : most)) return null;
    used += 1;
    return {};
  };

  function giveOut(): void {
    for (const waiter of waiting) {
      const permit = take();
      if (permit === null) break;
      waiting.delete(waiter);
      waiter.give(permit);
    }
    // Nothing signals the end of the yielding.
    if (waiting.size === 0 || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      giveOut();
    }, LOOK_MS).unref();
  }

  return {
    type: 'custom',
    async reserveSlot(_context, aborted) {
      aborted.throwIfAborted();
      const permit = waiting.size === 0 ? take() : null;
      if (permit !== null) return permit;
      return new Promise((resolve, reject) => {
        const waiter = { give: resolve };
        waiting.add(waiter);
        const giveUp = () => {
          waiting.delete(waiter);
          // The SDK reports anything else as an error.
          reject(aborted.reason);
        };
        aborted.addEventListener('abort', giveUp, { once: true });
        giveOut();
      });
    },
    tryReserveSlot: take,
    markSlotUsed() {},
    releaseSlot() {
      used -= 1;
      giveOut();
    },
  };
}
