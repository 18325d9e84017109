import type { Command } from 'commander';
import type { Config } from '../../config.js';
import { accountName } from '../account-name.js';
import { openApi } from './api-client.js';
import { completionOf, SHELLS } from './completion.js';
import { addDeadLetterCommands } from './dead-letter-commands.js';
import { addOrderCommands, type WithApi } from './order-commands.js';

/** The commands of people: `orders`, `dead-letters` and `completion`. */
export function addApiCommands(
  program: Command,
  configHere: () => Promise<Config>,
  line: (text: string) => void,
): void {
  const withApi: WithApi = async ({ json, actor = accountName() }, work) => {
    const isJson = json === true || !process.stdout.isTTY;
    await work(await openApi(await configHere(), actor), { line, isJson });
  };
  addOrderCommands(program, withApi);
  addDeadLetterCommands(program, withApi);

  program
    .command('completion')
    .description('print what makes a shell complete the commands')
    .argument('<shell>', SHELLS.join(', '))
    .action((shell: string) => line(completionOf(shell, program)));
}
