import { parseArgs } from 'node:util';

export const SIDES = ['holdfast', 'split', 'textbook', 'tuned', 'floor', 'dbos', 'restate'];

export const USAGE =
  'usage: npm run bench -- [--clients 1,32,128] [--rates 500,3000] [--rounds 3] [--seconds 6] [--orders 2000]\n' +
  '                        [--sides holdfast,split,textbook,tuned,floor,dbos,restate] [--split 1x1] [--temporal host:port]\n' +
  '                        [--against commit-or-directory] [--out directory] [--smoke]\n' +
  '  --clients   how many closed-loop clients, one level after the other; 0 for none\n' +
  '  --rates     orders a minute in an open loop, one level after the other; 0 for none\n' +
  '  --rounds    measured rounds per level and side\n' +
  '  --seconds   longest time of a round\n' +
  '  --orders    most orders of a round\n' +
  '  --sides     which sides run, the first one compared with all others\n' +
  '  --split     APIs and workers of the sides with split roles, such as 1x1,2x2\n' +
  "  --temporal  a Temporal server for the first of them, instead of the CLI's\n" +
  '  --against   also run this older commit, or the built checkout in this directory\n' +
  '  --out       where the results go as JSON and SVG\n' +
  '  --smoke     a few orders on Holdfast and the floor, only to see that everything still works';

const SMOKE = { clients: '2', rates: '300', rounds: '1', seconds: '2', orders: '6', sides: 'holdfast,floor' };

/** @throws Error that names the option that is wrong */
export function readOptions(argv) {
  const text = (value) => ({ type: 'string', ...(value === undefined ? {} : { default: value }) });
  const { values } = parseArgs({
    args: argv,
    options: {
      clients: text('1,32,128'),
      rates: text('500,3000'),
      rounds: text('3'),
      seconds: text('6'),
      orders: text('2000'),
      sides: text(SIDES.join()),
      split: text('1x1'),
      temporal: text(),
      against: text(),
      out: text('.holdfast/bench'),
      smoke: { type: 'boolean', default: false },
    },
  });
  const given = values.smoke ? { ...values, ...SMOKE } : values;
  const levels = [
    ...list('clients', given.clients, 256).map((clients) => ({ name: plural(clients, 'client'), clients })),
    ...list('rates', given.rates, 60_000).map((perMinute) => ({ name: `${perMinute} a minute`, perMinute })),
  ];
  if (levels.length === 0) throw new Error('--clients and --rates leave nothing to run');
  return {
    ...given,
    levels,
    rounds: whole('rounds', given.rounds, 100),
    seconds: whole('seconds', given.seconds, 600),
    orders: whole('orders', given.orders, 100_000),
    sides: given.sides.split(',').map(sideOf),
    split: given.split.split(',').map(splitOf),
  };
}

function list(name, text, max) {
  return text === '0' ? [] : text.split(',').map((value) => whole(name, value, max));
}

function whole(name, text, max) {
  const value = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > max) throw new Error(`--${name} takes whole numbers from 1 to ${max}, not "${text}"`);
  return value;
}

function sideOf(text) {
  if (!SIDES.includes(text)) throw new Error(`--sides takes ${SIDES.join(', ')}, not "${text}"`);
  return text;
}

function splitOf(text) {
  const [, apis, workers] = /^([1-9])x([1-9])$/.exec(text) ?? [];
  if (workers === undefined) throw new Error(`--split takes numbers of APIs and workers such as 2x2, not "${text}"`);
  return { apis: Number(apis), workers: Number(workers) };
}

function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
