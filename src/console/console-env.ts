import type { Context } from 'hono';
import type { Scope } from '../domain/scopes.js';
import type { Session } from './session.js';

export type ConsoleEnv = {
  Bindings: { requestId?: string; incoming?: { socket: { remoteAddress?: string } } };
  Variables: { session: Session };
};
export type ConsoleContext = Context<ConsoleEnv>;

/** Something that is not there, or not for this key. */
export class PageFault extends Error {
  readonly status: 403 | 404;
  constructor(status: 403 | 404, message: string) {
    super(message);
    this.status = status;
  }
}

/** @throws PageFault when the key of this session lacks the scope */
export function needScope(c: ConsoleContext, scope: Scope): void {
  if (c.get('session').may(scope)) return;
  throw new PageFault(403, `This needs an API key with the scope ${scope}.`);
}
