import { runOnce, type Database } from './pool.js';
import { Unavailable } from '../../domain/unavailable.js';

// The update shows whether this connection may write; the message is a record that the commit has to flush. No row is
// touched, so nothing has to be vacuumed. The pool drops a connection that exceeds the timeout, so that a server that
// hangs cannot occupy all of them.
const WRITE = {
  text: `with tried as (update orders set status = status where false)
         select pg_logical_emit_message(true, 'holdfast', 'readiness')`,
  query_timeout: 2_000,
};

const READ_ONLY = '25006';

/**
 * Writes to the database as an order would.
 * @returns undefined if that works, or in a word why it does not
 * @throws Unavailable when the database does not answer
 */
export async function probeWrites(database: Database): Promise<string | void> {
  try {
    await runOnce(database, WRITE);
  } catch (error) {
    if (error instanceof Unavailable && sqlState(error.cause) === READ_ONLY) return 'read-only';
    throw error;
  }
}

function sqlState(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
