import { Unavailable } from '../../domain/unavailable.js';

// Appendix A of PostgreSQL's manual: lost connections, transactions rolled back in favor of others, exhausted
// resources, an operator's intervention, and system errors.
const SQLSTATE_CLASSES = ['08', '40', '53', '57', '58'];
const SQLSTATES = [
  '25006', // read-only: the server that was connected to before a fail-over
  '25P03', // idle in a transaction for too long
  '25P04', // a transaction took too long
  '26000', // a prepared statement that this connection does not have
  '42P05', // a prepared statement that this connection has already
  '55P03', // a lock that others hold
];
const SOCKET_CODES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
];
const DRIVER_MESSAGES =
  /timeout exceeded when trying to connect|Connection terminated|Client has encountered|Client was closed|calling end on the pool|driver has already been destroyed/;
// A prepared statement whose table was migrated; the next connection prepares it again.
const CHANGED_PLAN = /cached plan must not change result type/;

/** Turns errors after which another try may help into {@link Unavailable}; all others are bugs and pass unchanged. */
export async function orUnavailable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw isAway(error) ? new Unavailable('database', error) : error;
  }
}

/** Without a connection, no error is a bug: even wrong credentials are fixed elsewhere, and work continues then. */
export async function orUnreachable<T>(connecting: Promise<T>): Promise<T> {
  try {
    return await connecting;
  } catch (error) {
    throw new Unavailable('database', error);
  }
}

function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return DRIVER_MESSAGES.test(error.message);
  if (CHANGED_PLAN.test(error.message)) return true;
  return SOCKET_CODES.includes(code) || SQLSTATES.includes(code) || SQLSTATE_CLASSES.includes(code.slice(0, 2));
}
