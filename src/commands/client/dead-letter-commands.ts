import type { Command } from 'commander';
import { acting, queryOf, shared, type WithApi } from './order-commands.js';
import { printOne, printRows, type Column } from './printed.js';

const COLUMNS: Column[] = [
  ['DEAD LETTER', ({ id }) => id],
  ['KIND', ({ kind }) => kind],
  ['ORDER', ({ order_id }) => order_id],
  ['STATE', ({ state }) => state],
  ['SINCE', ({ created_at }) => created_at],
  ['LAST ERROR', ({ last_error }) => last_error],
];

interface Acting {
  json?: boolean;
  actor?: string;
}

/** `holdfast dead-letters list`, `redrive`, `discard` and `evidence`. */
export function addDeadLetterCommands(program: Command, withApi: WithApi): void {
  const letters = program.command('dead-letters').description('see and settle what needs a person, through the API');
  const pathOf = (id: string, action: string) => `/v1/dead-letters/${encodeURIComponent(id)}/${action}`;
  const post = (options: Acting, path: string, body: Record<string, unknown>) =>
    withApi(options, async (api, print) => printOne(print, await api.call('POST', path, { body })));

  shared(letters.command('list'))
    .description('list dead letters, the open ones unless --state names another state')
    .option('--state <state>', 'open, redriving, resolved or discarded')
    .option('--kind <kind>', 'only this kind')
    .option('--order <id>', 'only those of this order')
    .option('--limit <n>', 'how many, 100 at most', '20')
    .option('--cursor <cursor>', 'where the page before ended')
    .action(
      async ({ json, order, ...query }: { json?: boolean; order?: string } & Record<string, string | undefined>) => {
        const path = `/v1/dead-letters${queryOf({ ...query, order_id: order })}`;
        await withApi({ json: json === true }, async (api, print) =>
          printRows(print, await api.call('GET', path), COLUMNS, 'Nothing needs a person.'),
        );
      },
    );

  acting(letters.command('redrive'))
    .description('try again what the dead letter is about')
    .argument('<id>')
    .action(async (id: string, options: Acting) => post(options, pathOf(id, 'redrive'), {}));

  acting(letters.command('discard'))
    .description('close it without doing anything; refused while money or stock depends on it')
    .argument('<id>')
    .requiredOption('--note <note>', 'why')
    .action(async (id: string, { note, ...options }: Acting & { note: string }) =>
      post(options, pathOf(id, 'discard'), { note }),
    );

  acting(letters.command('evidence'))
    .description('settle a charge or refund of unknown outcome by what you saw at the provider')
    .argument('<id>')
    .requiredOption('--outcome <outcome>', 'charged, not_charged, refunded or not_refunded')
    .requiredOption('--note <note>', 'where you saw it')
    .option('--reference <reference>', "the provider's id of the charge or refund")
    .action(async (id: string, options: Acting & { outcome: string; note: string; reference?: string }) => {
      const { outcome, note, reference } = options;
      await post(options, pathOf(id, 'evidence'), { outcome, note, ...(reference === undefined ? {} : { reference }) });
    });
}
