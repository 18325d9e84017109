import { randomUUID } from 'node:crypto';
import { Query, type ClientBase, type Connection } from 'pg';

/** What a connection keeps from one transaction to the next. */
export interface Session {
  /** Whether one server serves it as long as it is open: then settings last, and notifications arrive. */
  isKept: boolean;
  /** Whether named statements are still known in the next transaction. */
  keepsStatements: boolean;
  /** The statement timeout to set in each transaction, because settings do not last; 0 for none. */
  statementTimeoutMs: number;
}

/** Finds out what a new connection keeps, and sets its statement timeout permanently if settings last. */
export async function recognizeSession(
  client: ClientBase,
  statementTimeoutMs: number,
  withinMs: number,
): Promise<Session> {
  // A pooler gives its clients an invented process id.
  const limit = statementTimeoutMs === 0 ? '' : `set_config('statement_timeout', '${statementTimeoutMs}', false)`;
  const question = { text: `select ${limit} where pg_backend_pid() = ${processIdOf(client)}`, query_timeout: withinMs };
  const { rowCount } = await client.query(question);
  if (rowCount === 1) return { isKept: true, keepsStatements: true, statementTimeoutMs: 0 };
  return { isKept: false, keepsStatements: await followsStatements(client, withinMs), statementTimeoutMs };
}

/**
 * Whether named statements are known on every server. A pooler that supports this renames them, because its clients
 * would otherwise collide on one server with the same name.
 */
async function followsStatements(client: ClientBase, withinMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const question = new NamedQuestion((error, result) => {
      const [answer] = result?.rows ?? [];
      if (answer === undefined) reject(error ?? new Error('the server did not say how it names statements'));
      else resolve(answer.isRenamed);
    });
    client.query(Object.assign(question, { query_timeout: withinMs }));
  });
}

interface Answer {
  isRenamed: boolean;
}

const ASK_OWN_NAME = `
  select not exists (select from pg_prepared_statements where name = $1) as "isRenamed"`;

/** Parses a named statement, runs it and drops it, all before the server may serve another client. */
class NamedQuestion extends Query<Answer> {
  override submit: (connection: Connection) => void;

  constructor(callback: (error?: Error, result?: { rows: Answer[] }) => void) {
    super(ASK_OWN_NAME, callback);
    const name = `holdfast-${randomUUID()}`;
    this.submit = (connection) => {
      connection.parse({ name, text: ASK_OWN_NAME, types: [] }, true);
      connection.bind({ statement: name, values: [name] }, true);
      connection.describe({ type: 'P' }, true);
      connection.execute({}, true);
      connection.close({ type: 'S', name }, true);
      connection.sync();
    };
  }
}

/** -1, which is no server's, where a pooler gives none. */
function processIdOf(client: ClientBase & { processID?: number | null }): number {
  return client.processID ?? -1;
}
