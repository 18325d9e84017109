import { startOlder } from './older-tree.mjs';
import { startHoldfast } from './holdfast.mjs';
import { startPeer } from './peer-side.mjs';
import { startShared } from './shared-servers.mjs';
import { startSplit } from './split-side.mjs';
import { startTextbook } from './textbook-side.mjs';

/**
 * Starts every side that was asked for, in that order, and the older Holdfast behind the first.
 * @returns the sides, and what could not run here, in words
 */
export async function startSides(lifetime, directory, { sides: names, split, temporal, against }) {
  const missing = [];
  let shared;
  const onShared = async (start) => start((shared ??= await startShared(lifetime, directory)));
  const starters = {
    holdfast: async () => [await startHoldfast(lifetime, directory)],
    split: async () => {
      const started = [];
      for (const [i, size] of split.entries()) {
        const options = { ...size, temporalAddress: i === 0 ? temporal : undefined };
        started.push(await onShared((servers) => startSplit(servers, options)));
      }
      return started;
    },
    textbook: async () => [await onShared((servers) => startTextbook(servers, { tuned: false }))],
    tuned: async () => [await onShared((servers) => startTextbook(servers, { tuned: true }))],
    floor: () => peer('floor'),
    dbos: () => peer('dbos'),
    restate: () => peer('restate'),
  };
  async function peer(name) {
    const { side, reason } = await onShared((servers) => startPeer(servers, name));
    if (reason !== undefined) missing.push(`${name} does not run here: ${reason}`);
    return side === undefined ? [] : [side];
  }

  const sides = [];
  for (const name of names) {
    sides.push(...(await starters[name]()));
    if (against !== undefined && name === names[0]) sides.push(await startOlder(lifetime, directory, against));
  }
  return { sides, missing };
}
