import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

interface Known {
  /** The words before: `orders`, or nothing. */
  path: string;
  /** What may come next. */
  words: string[];
}

/**
 * A script that makes a shell complete commands and options, to be evaluated at its start.
 * @throws Error that lists the shells
 */
export function completionOf(shell: string, program: Command): string {
  const name = program.name();
  const all = knownOf(program, '');
  switch (shell) {
    case 'bash':
      return `${functionOf(name, all)}\ncomplete -o default -F _${name} ${name}`;
    case 'zsh':
      return `autoload -U +X bashcompinit && bashcompinit\n${functionOf(name, all)}\ncomplete -o default -F _${name} ${name}`;
    case 'fish':
      return fishOf(name, all);
    default:
      throw new Error(`there is no completion for "${shell}"; use ${SHELLS.join(', ')}`);
  }
}

function knownOf(command: Command, path: string): Known[] {
  const options = command.options.flatMap(({ long }) => (typeof long === 'string' ? [long] : []));
  const words = [...command.commands.map((one) => one.name()), ...options, '--help'];
  return [{ path, words }, ...command.commands.flatMap((one) => knownOf(one, `${path} ${one.name()}`.trim()))];
}

function functionOf(name: string, all: Known[]): string {
  const cases = all.map(({ path, words }) => `    "${path}") words="${words.join(' ')}" ;;`);
  return `_${name}() {
  local path="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}`;
}

function fishOf(name: string, all: Known[]): string {
  return all
    .map(({ path, words }) => {
      const seen = path === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`;
      return `complete -c ${name} -f -n '${seen}' -a '${words.join(' ')}'`;
    })
    .join('\n');
}
