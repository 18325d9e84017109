import { Unavailable } from '../../domain/unavailable.js';

// PostgreSQL's classes for lost connections, exhausted resources and operator intervention (its manual, appendix A).
const SQLSTATE_CLASSES = ['08', '53', '57'];
const SOCKET_CODES = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'];
const POOL_MESSAGES = /timeout exceeded when trying to connect|Connection terminated|Client has encountered/;

/** Turns the errors of a database that is away into {@link Unavailable}; all others are bugs and pass unchanged. */
export async function orUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw isAway(error) ? new Unavailable('database', error) : error;
  }
}

function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return POOL_MESSAGES.test(error.message);
  return SOCKET_CODES.includes(code) || SQLSTATE_CLASSES.includes(code.slice(0, 2));
}
