import { Query, type Connection, type PoolClient, type QueryConfig, type QueryResult, type QueryResultRow } from 'pg';
import type { Session } from './sessions.js';

export interface Statement {
  /** Statements with a name are parsed and planned once on each connection that keeps them. */
  name?: string;
  text: string;
  values?: unknown[];
  /** How long the client waits for the answer, in milliseconds. */
  query_timeout?: number;
}

const BEGIN = /^(?:begin|start transaction)\b/;

/** Runs a statement on a pooled connection, with the limits that the connection cannot keep itself. */
export type Run = <Row extends QueryResultRow>(client: PoolClient, statement: Statement) => Promise<QueryResult<Row>>;

/** Runs a statement as its connection requires: behind a pooler, with limits inside its own transaction. */
export function runStatement<Row extends QueryResultRow>(
  client: PoolClient,
  session: Session | undefined,
  statement: Statement,
): Promise<QueryResult<Row>> {
  if (session === undefined || session.isKept) return client.query<Row>(statement);
  const { name: _name, ...unnamed } = statement;
  const asked = session.keepsStatements ? statement : unnamed;
  const timeoutMs = session.statementTimeoutMs;
  if (timeoutMs === 0 || client.getTransactionStatus() !== 'I') return client.query<Row>(asked);
  if (BEGIN.test(asked.text)) return client.query(`${asked.text}; set local statement_timeout = ${timeoutMs}`);
  return new Promise<QueryResult<Row>>((resolve, reject) => {
    const query = new LimitedQuery<Row>(asked, timeoutMs, (error, result) => (error ? reject(error) : resolve(result)));
    client.query(query);
  });
}

/** What pg calls with the server's answers. */
interface Answered {
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: Connection): void;
}

/** A statement preceded, in the same message and therefore the same transaction, by one that limits it. */
class LimitedQuery<Row extends QueryResultRow> extends Query<Row> implements Answered {
  readonly query_timeout: number | undefined;
  override submit: (connection: Connection) => void;
  #isLimited = false;

  constructor(
    statement: Statement,
    timeoutMs: number,
    callback: (error: Error | undefined, result: QueryResult<Row>) => void,
  ) {
    super({ ...statement, queryMode: 'extended' } as QueryConfig, callback);
    this.query_timeout = statement.query_timeout;
    this.submit = (connection) => {
      connection.stream.cork();
      try {
        const text = `select set_config('statement_timeout', '${timeoutMs}', true)`;
        connection.parse({ name: '', text, types: [] }, true);
        connection.bind({}, true);
        connection.execute({}, true);
        return plain.submit.call(this, connection);
      } finally {
        connection.stream.uncork();
      }
    };
  }

  handleDataRow(message: unknown): void {
    if (this.#isLimited) plain.handleDataRow.call(this, message);
  }

  handleCommandComplete(message: unknown, connection: Connection): void {
    if (this.#isLimited) plain.handleCommandComplete.call(this, message, connection);
    this.#isLimited = true;
  }
}

const plain = Query.prototype as Query & Answered;
