import { lookup as systemLookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { mayBeCalled, type AddressRule } from './addresses.js';

export interface ResolvedAddress {
  address: string;
  family: number;
}

/** Every address of a name. */
export type Resolve = (hostname: string) => Promise<ResolvedAddress[]>;

/** A name led to an address that must not be called. */
export class ForbiddenAddress extends Error {
  readonly code = 'FORBIDDEN_ADDRESS';

  constructor() {
    super('the name resolves to an address that is private, local or reserved');
    this.name = 'ForbiddenAddress';
  }
}

export const resolveBySystem: Resolve = (hostname) => systemLookup(hostname, { all: true, verbatim: true });

/**
 * Asks once for all who ask for a name at the same time. The system answers two names at once, and who must wait for a
 * third is also every other part of the process: a receiver whose name server is silent may hold one of those places.
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
 * The lookup of a connection: the very addresses that it lets through are connected to, so a name that answers
 * differently the next time gains nothing. One forbidden address among several refuses the name.
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
