import type { AsyncCommand } from 'fast-check';
import type { Model } from './reference.js';
import type { Run } from './run.js';

export type Command = AsyncCommand<Model, Run, true>;

interface Parts {
  /** Whether the command means anything now. */
  when?: (model: Readonly<Model>) => boolean;
  act: (model: Model, run: Run) => Promise<void>;
}

/** A command; when it is done, everything is compared. */
export function command(name: string, { when = () => true, act }: Parts): Command {
  return {
    check: async (model) => when(model),
    async run(model, run) {
      try {
        await act(model, run);
        await run.check(model);
      } catch (error) {
        throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
      run.tally.add('commands');
    },
    toString: () => name,
  };
}

export const hasOrders = ({ orders }: Readonly<Model>) => orders.length > 0;
