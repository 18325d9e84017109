import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { Command } from 'commander';
import { completionOf } from '../../../../src/commands/client/completion.js';

const program = new Command('holdfast');
const orders = program.command('orders');
orders.command('list').option('--status <status>').option('--json');
orders.command('get');
program.command('serve');

function completed(words: string[]): string[] {
  const script = `${completionOf('bash', program)}
COMP_WORDS=(${words.map((word) => `"${word}"`).join(' ')}); COMP_CWORD=${words.length - 1}
_holdfast; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
}

test.each([
  [
    ['holdfast', ''],
    ['orders', 'serve', '--help'],
  ],
  [['holdfast', 'or'], ['orders']],
  [
    ['holdfast', 'orders', ''],
    ['list', 'get', '--help'],
  ],
  [['holdfast', 'orders', 'list', '--s'], ['--status']],
  [['holdfast', 'orders', 'list', '--json', '--st'], ['--status']],
])('bash completes %j', (words, expected) => {
  expect(completed(words)).toEqual(expected);
});

test('an unknown shell is refused with the known ones', () => {
  expect(() => completionOf('csh', program)).toThrow('there is no completion for "csh"; use bash, zsh, fish');
});
