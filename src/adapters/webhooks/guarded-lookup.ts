import { lookup as systemLookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { mayBeCalled, type AddressRule } from './addresses.js';

export interface ResolvedAddress {
  address: string;
  family: number;
}

/** Every address of a name. */
export type Resolve = (hostname: string) => Promise<ResolvedAddress[]>;

/** A name resolved to an address that must not be called. */
export class ForbiddenAddress extends Error {
  readonly code = 'FORBIDDEN_ADDRESS';

  constructor() {
    super('the name resolves to an address that is private, local or reserved');
    this.name = 'ForbiddenAddress';
  }
}

export const resolveBySystem: Resolve = (hostname) => systemLookup(hostname, { all: true, verbatim: true });

/**
 * Shares one query among concurrent look-ups of a name. The system resolves two names at once, and every part of the
 * process waits for a third: a receiver whose name server is silent may occupy one of these two slots.
 */
export function askedOnce(resolve: Resolve): Resolve {
  const underWay = new Map<string, Promise<ResolvedAddress[]>>();
  return (hostname) => {
    const asked = underWay.get(hostname);
    if (asked !== undefined) return asked;
    const answer = resolve(hostname).finally(() => underWay.delete(hostname));
    underWay.set(hostname, answer);
    return answer;
  };
}

/**
 * The look-up of a connection: it connects to exactly the addresses that were checked, so a name that resolves
 * differently the next time gains nothing. One forbidden address among several rejects the name.
 */
export function guardedLookup(resolve: Resolve, rule: AddressRule & { secure: boolean }): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (found) => {
        const [first] = found;
        if (first === undefined) return callback(notFound(hostname), []);
        if (!found.every(({ address }) => mayBeCalled(address, rule))) return callback(new ForbiddenAddress(), []);
        return options.all ? callback(null, found) : callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`no address for ${hostname}`), { code: 'ENOTFOUND' });
}
