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

interface Answer {
  isKept: boolean;
  isRenamed: boolean;
}

// A pooler makes up the process id that it gives to its clients. One that follows named statements gives them names of its
// own, because its clients would otherwise meet on one server with the same name.
const QUESTION = `
  select pg_backend_pid()::text = $1 as "isKept",
         not exists (select from pg_prepared_statements where name = $2) as "isRenamed",
         case when pg_backend_pid()::text = $1 and $3 <> '0' then set_config('statement_timeout', $3, false) end`;

/** Finds out in one round trip what a new connection is worth, and limits its statements for good if it can. */
export async function recognizeSession(
  client: ClientBase,
  statementTimeoutMs: number,
  withinMs: number,
): Promise<Session> {
  const { isKept, isRenamed } = await new Promise<Answer>((resolve, reject) => {
    const facts = { processId: String(processIdOf(client)), timeoutMs: String(statementTimeoutMs) };
    const question = new Question(facts, (error, result) => {
      const [answer] = result?.rows ?? [];
      if (answer === undefined) reject(error ?? new Error('the server did not say what it is'));
      else resolve(answer);
    });
    client.query(Object.assign(question, { query_timeout: withinMs }));
  });
  return {
    isKept,
    keepsStatements: isKept || isRenamed,
    statementTimeoutMs: isKept ? 0 : statementTimeoutMs,
  };
}

/** Parses a named statement, runs it and forgets it, all before the server may serve someone else. */
class Question extends Query<Answer> {
  override submit: (connection: Connection) => void;

  constructor(
    { processId, timeoutMs }: { processId: string; timeoutMs: string },
    callback: (error?: Error, result?: { rows: Answer[] }) => void,
  ) {
    super(QUESTION, callback);
    const name = `holdfast-${randomUUID()}`;
    const values = [processId, name, timeoutMs];
    this.submit = (connection) => {
      connection.parse({ name, text: QUESTION, types: [] }, true);
      connection.bind({ statement: name, values }, true);
      connection.describe({ type: 'P' }, true);
      connection.execute({}, true);
      connection.close({ type: 'S', name }, true);
      connection.sync();
    };
  }
}

function processIdOf(client: ClientBase & { processID?: number | null }): number | null {
  return client.processID ?? null;
}
