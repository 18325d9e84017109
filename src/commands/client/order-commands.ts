import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import { formatMoney } from '../../domain/money.js';
import type { ApiClient, Json } from './api-client.js';
import { printOne, printRows, type Column, type Print } from './printed.js';
import { readServerSentEvents } from './server-sent-events.js';

export type Work = (api: ApiClient, print: Print) => Promise<void>;
export type WithApi = (options: { json?: boolean; actor?: string }, work: Work) => Promise<void>;

interface ListOptions {
  status?: string;
  customer?: string;
  reason?: string;
  limit: string;
  cursor?: string;
  json?: boolean;
}

const COLUMNS: Column[] = [
  ['ORDER', ({ id }) => id],
  ['STATUS', ({ status }) => status],
  ['REASON', ({ failure }) => (failure as Json | null)?.['reason'] ?? ''],
  ['TOTAL', ({ total_minor, currency }) => formatMoney(Number(total_minor), String(currency))],
  ['CUSTOMER', ({ customer_id }) => customer_id],
  ['CREATED', ({ created_at }) => created_at],
];

/** `holdfast orders list`, `get`, `cancel`, `refund` and `tail`. */
export function addOrderCommands(program: Command, withApi: WithApi): void {
  const orders = program.command('orders').description('find, follow, cancel and refund orders through the API');
  const orderOf = (id: string) => `/v1/orders/${encodeURIComponent(id)}`;

  shared(orders.command('list'))
    .description('list orders, newest first')
    .option('--status <statuses>', 'only these, with commas')
    .option('--customer <id>', "only this customer's")
    .option('--reason <reasons>', 'only those that failed for these reasons, with commas')
    .option('--limit <n>', 'how many, 100 at most', '20')
    .option('--cursor <cursor>', 'where the page before ended')
    .action(async ({ status, customer, reason, limit, cursor, json }: ListOptions) => {
      const query = queryOf({ status, customer_id: customer, failure_reason: reason, limit, cursor });
      await withApi({ json: json === true }, async (api, print) =>
        printRows(print, await api.call('GET', `/v1/orders${query}`), COLUMNS, 'No orders.'),
      );
    });

  shared(orders.command('get'))
    .description('show an order')
    .argument('<order>')
    .action(async (id: string, options: { json?: boolean }) =>
      withApi(options, async (api, print) => printOne(print, await api.call('GET', orderOf(id)))),
    );

  acting(orders.command('cancel'))
    .description('cancel an order; what was paid goes back')
    .argument('<order>')
    .requiredOption('--reason <reason>', 'as the customer and the timeline will read it')
    .action(async (id: string, { reason, ...options }: { reason: string; json?: boolean; actor?: string }) =>
      withApi(options, async (api, print) =>
        printOne(print, await api.call('POST', `${orderOf(id)}/cancel`, { body: { reason } })),
      ),
    );

  acting(orders.command('refund'))
    .description('refund an order, all that is left or an amount')
    .argument('<order>')
    .requiredOption('--reason <reason>', 'why the money goes back')
    .option('--amount-minor <n>', "in minor units of the order's currency", wholeNumber)
    .option('--restock', 'all goods have come back', false)
    .option('--key <key>', 'the idempotency key; the same key again refunds nothing more')
    .action(
      async (
        id: string,
        options: {
          reason: string;
          amountMinor?: number;
          restock: boolean;
          key?: string;
          json?: boolean;
          actor?: string;
        },
      ) => {
        const { reason, amountMinor, restock, key = randomUUID() } = options;
        const body = { reason, restock, ...(amountMinor === undefined ? {} : { amount_minor: amountMinor }) };
        await withApi(options, async (api, print) =>
          printOne(
            print,
            await api.call('POST', `${orderOf(id)}/refunds`, { body, headers: { 'Idempotency-Key': key } }),
          ),
        );
      },
    );

  shared(orders.command('tail'))
    .description('follow an order until it is settled')
    .argument('<order>')
    .action(async (id: string, options: { json?: boolean }) =>
      withApi(options, async (api, print) => tail(api, print, orderOf(id))),
    );
}

async function tail(api: ApiClient, print: Print, path: string): Promise<void> {
  const ending = new AbortController();
  const response = await api.open('GET', `${path}/stream`, { signal: ending.signal });
  for await (const { event, data } of readServerSentEvents(response)) {
    if (print.isJson) print.line(data);
    else print.line(lineOf(event, JSON.parse(data) as Json));
    if (event === 'settled') return ending.abort();
  }
  throw new Error('the stream ended before the order was settled; run the command again to follow it');
}

function lineOf(event: string, { created_at, type, data, ...rest }: Json): string {
  if (event !== 'message') return `${event} ${JSON.stringify(rest)}`;
  const details = JSON.stringify(data ?? {});
  return `${String(created_at)}  ${String(type)}${details === '{}' ? '' : `  ${details}`}`;
}

/** The options of every command that calls the API. */
export function shared(command: Command): Command {
  return command.option('--json', 'print JSON, as without a terminal');
}

/** Those of a command that changes something. */
export function acting(command: Command): Command {
  return shared(command).option('--actor <name>', 'who acts, for the timeline (default: the account that runs this)');
}

export function queryOf(values: Record<string, string | undefined>): string {
  const given = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Use a whole number of minor units, such as 500.');
  return Number(text);
}
