import { randomUUID } from 'node:crypto';
import { Query, type ClientBase, type Connection } from 'pg';

/** What a connection keeps from one transaction to the next. */
export interface Session {
  /** Whether one server serves it for as long as it is open: settings last, and notifications arrive. */
  isKept: boolean;
  /** Whether named statements are still known in the next transaction. */
  keepsStatements: boolean;
  /** What has to be set in each transaction, because it does not last longer; 0 for nothing. */
  statementTimeoutMs: number;
}

/** Finds out what a new connection is worth, and limits its statements for good if that lasts. */
export async function recognizeSession(
  client: ClientBase,
  statementTimeoutMs: number,
  withinMs: number,
): Promise<Session> {
  // A pooler invents the process id that it gives its clients.
  const limit = statementTimeoutMs === 0 ? '' : `set_config('statement_timeout', '${statementTimeoutMs}', false)`;
  const question = { text: `select ${limit} where pg_backend_pid() = ${processIdOf(client)}`, query_timeout: withinMs };
  const { rowCount } = await client.query(question);
  if (rowCount === 1) return { isKept: true, keepsStatements: true, statementTimeoutMs: 0 };
  return { isKept: false, keepsStatements: await followsStatements(client, withinMs), statementTimeoutMs };
}

/**
 * Whether named statements are known on every server. A pooler that sees to that gives them names of its own, because
 * its clients would otherwise meet on one server with the same name.
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

/** Parses a named statement, runs it and forgets it, all before the server may serve someone else. */
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
