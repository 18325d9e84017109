import { parseArgs } from 'node:util';

export const USAGE =
  'usage: npm run bench -- [--clients 1,32] [--rounds 5] [--seconds 8] [--orders 2000] [--tuned-textbook]\n' +
  '  --clients  how many closed-loop clients, one level after the other\n' +
  '  --rounds   measured rounds a level and side\n' +
  '  --seconds  longest time of a round\n' +
  '  --orders   most orders of a round\n' +
  "  --tuned-textbook  give the textbook's Temporal server the settings that Holdfast uses";

/** @throws Error that names the option that is wrong */
export function readOptions(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      clients: { type: 'string', default: '1,32' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '8' },
      orders: { type: 'string', default: '2000' },
      'tuned-textbook': { type: 'boolean', default: false },
    },
  });
  return {
    levels: values.clients.split(',').map((text) => whole('clients', text, 256)),
    rounds: whole('rounds', values.rounds, 100),
    seconds: whole('seconds', values.seconds, 600),
    orders: whole('orders', values.orders, 100_000),
    tunedTextbook: values['tuned-textbook'],
  };
}

function whole(name, text, max) {
  const value = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > max) throw new Error(`--${name} takes whole numbers from 1 to ${max}, not "${text}"`);
  return value;
}
