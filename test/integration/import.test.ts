import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createProductStore } from '../../src/adapters/postgres/catalog/product-store.js';
import { runCommand } from '../support/run-command.js';
import { newOrderId } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const HEADER = 'sku,name,currency,unit_price_minor,active,on_hand';

let stack: Stack;
let folder: string;
beforeAll(async () => {
  stack = await startStack();
  folder = await mkdtemp(join(tmpdir(), 'holdfast-import-'));
});
afterAll(async () => {
  await stack?.close();
  await rm(folder, { recursive: true, force: true });
});

const find = (sku: string) => createProductStore(stack.database).find(sku);
const countOf = async (prefix: string) => {
  const { rows } = await stack.database.pool.query<{ n: number }>(
    `select count(*)::int as n from products where starts_with(sku, $1)`,
    [prefix],
  );
  return rows[0]?.n ?? -1;
};

async function file(name: string, text: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}
const importFile = (path: string, ...options: string[]) =>
  runCommand(['import', path, ...options], { DATABASE_URL: stack.databaseUrl });

/** Starts the command with an open standard input. */
function startImport() {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], DATABASE_URL: stack.databaseUrl };
  const child = spawn(process.execPath, [PROGRAM, 'import', '-'], { env, timeout: 60_000, killSignal: 'SIGKILL' });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  const exited = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
  return { child, exited };
}

test('a file is imported once: again it changes nothing, stock that was sold is not put back, and it says who did it', async () => {
  const id = newOrderId();
  const text = `\uFEFF${HEADER}\r\n${id}-a,"Pen, ""blue""",EUR,4900,true,5\r\n\r\n${id}-b,Tinte,EUR,990,FALSE,\r\n${id}-c,漢字,JPY,1200,,3`;
  const path = await file('once.csv', text);
  const first = await importFile(path);
  expect(first).toEqual({ code: 0, output: '3 products: 3 created, 0 updated, 0 unchanged, 0 failed.\n' });
  expect(await find(`${id}-a`)).toMatchObject({ name: 'Pen, "blue"', unitPriceMinor: 4_900, onHand: 5, active: true });
  expect(await find(`${id}-b`)).toMatchObject({ active: false, onHand: 0 });
  expect(await find(`${id}-c`)).toMatchObject({ name: '漢字', currency: 'JPY', onHand: 3 });

  await stack.database.pool.query('update stock set on_hand = 4 where sku = $1', [`${id}-a`]);
  const again = await importFile(path);
  expect(again).toMatchObject({ code: 0, output: expect.stringContaining('0 updated, 3 unchanged, 0 failed') });
  expect(again.output).toContain('1 have less stock than on_hand says and keep it');
  expect(await find(`${id}-a`)).toMatchObject({ onHand: 4, version: 1 });

  const raised = await importFile(path, '--raise-stock', '--actor', 'Ada');
  expect(raised.output).toBe('3 products: 0 created, 1 updated, 2 unchanged, 0 failed.\n');
  expect(await find(`${id}-a`)).toMatchObject({ onHand: 5 });
  const moves = stack.database.kysely.selectFrom('stock_movements').select(['on_hand_delta', 'reason', 'actor']);
  expect(await moves.where('sku', '=', `${id}-a`).orderBy('id').execute()).toEqual([
    { on_hand_delta: 5, reason: 'import', actor: { requestId: expect.any(String), name: userInfo().username } },
    { on_hand_delta: 1, reason: 'import', actor: { requestId: expect.any(String), name: 'Ada' } },
  ]);
});

test('lines that fail are reported and kept, the others are imported; once corrected, that file is imported too', async () => {
  const id = newOrderId();
  await stack.seed({ sku: `${id}-usd`, name: 'Old', currency: 'USD', unitPriceMinor: 1, onHand: 0 });
  const lines = [
    `${id}-a,Pen,EUR,49.00,,`,
    `${id}-b,Ink,EUR,990,,`,
    `${id}-b,Ink again,EUR,991,,`,
    `${id}-usd,New,EUR,5,,`,
    `${id}-c,24" screen,EUR,100,,`,
    `${id}-d,"never closed,EUR,100,,`,
    `${id}-e,Last,EUR,100,,`,
  ];
  const path = await file('faulty.csv', [HEADER, ...lines].join('\n'));
  const errors = join(folder, 'failed.csv');
  const { code, output } = await importFile(path, '--errors', errors);
  expect(code).toBe(1);
  expect(output).toContain('6 products: 1 created, 0 updated, 0 unchanged, 5 failed.');
  for (const told of [
    'line 2: unit_price_minor is "49.00"; it must be a whole number of minor units up to 999999999999: write 4900 for 49.00 EUR',
    'line 4: sku already appears on line 3',
    'line 5: currency is not that of the product, which keeps USD',
    'line 6: has a double quote that does not close its field',
    'lines 7 to 8: has a double quote that nothing closes, up to the end of the file',
  ]) {
    expect(output).toContain(told);
  }
  expect(await find(`${id}-usd`)).toMatchObject({ name: 'Old', version: 1 });
  expect(await find(`${id}-b`)).toMatchObject({ unitPriceMinor: 990 });

  const failed = await readFile(errors, 'utf8');
  expect(failed.split('\n')).toHaveLength(8);
  const mended = failed
    .replace('49.00,,', '4900,,')
    .replace('24" screen', '24 inch')
    .replace('"never closed', 'closed')
    .replace(`\n${id}-e`, `\n,${id}-e`)
    .replace('New,EUR', 'New,USD')
    .replace('Ink again,EUR,991', 'Ink,EUR,x');
  const second = await importFile(await file('mended.csv', mended), '--errors', join(folder, 'failed-2.csv'));
  expect(second).toMatchObject({
    code: 1,
    output: expect.stringContaining('6 products: 4 created, 1 updated, 0 unchanged, 1 failed.'),
  });
  const rest = await readFile(join(folder, 'failed-2.csv'), 'utf8');
  expect(rest.split('\n').slice(0, 2)).toEqual([
    `error,${HEADER}`,
    expect.stringMatching(new RegExp(`^"line 3: unit_price_minor is ""x"";.*",${id}-b,Ink,EUR,x,,$`)),
  ]);
});

test('a field with line breaks is one record: no piece of it changes another product, and it is written down whole', async () => {
  const id = newOrderId();
  await stack.seed({ sku: `${id}-a`, name: 'Notebook', currency: 'EUR', unitPriceMinor: 1_999, onHand: 0 });
  const bundle = `${id}-bundle,"Bundle of\n${id}-a,Notebook,EUR,1,true,10\nand a pen",EUR,2500,true,5`;
  const path = await file('bundle.csv', `${HEADER}\n${bundle}\n${id}-c,Pen,EUR,4900,,\n`);
  const errors = join(folder, 'bundle-failed.csv');
  const { code, output } = await importFile(path, '--errors', errors);
  expect([code, output]).toEqual([
    1,
    expect.stringContaining('2 products: 1 created, 0 updated, 0 unchanged, 1 failed.'),
  ]);
  expect(output).toContain('lines 2 to 4: name is "Bundle of\\n');
  expect(await find(`${id}-a`)).toMatchObject({ unitPriceMinor: 1_999, version: 1 });

  const failed = await readFile(errors, 'utf8');
  expect(failed).toContain(bundle);
  const again = await importFile(await file('bundle-2.csv', failed.replaceAll(/(?<=Bundle of|true,10)\n/g, ' ')));
  expect(again).toEqual({ code: 0, output: '1 products: 1 created, 0 updated, 0 unchanged, 0 failed.\n' });
  expect(await find(`${id}-bundle`)).toMatchObject({ name: `Bundle of ${id}-a,Notebook,EUR,1,true,10 and a pen` });
});

test.each([
  [
    'semicolons, capitals and empty columns at the end',
    ';',
    '\uFEFFSKU; Name ;Currency;Unit_Price_Minor;;\r\n',
    ';;\r\n',
  ],
  ['a line for Excel', ',', 'sep=,\r\nsku,name,currency,unit_price_minor\r\n', '\r\n'],
  ['tabs', '\t', 'sku\tname\tcurrency\tunit_price_minor\n', '\n'],
])('a file of a spreadsheet is imported, with %s', async (_what, between, header, end) => {
  const id = newOrderId();
  const rows = [
    [`${id}/a`, '"Pen, blue; ""fine"""', 'EUR', '4900'],
    [`${id} b`, 'Ink', 'EUR', '9.90'],
  ];
  const path = await file('sheet.csv', header + rows.map((row) => row.join(between) + end).join(''));
  const errors = join(folder, 'sheet-failed.csv');
  const { code, output } = await importFile(path, '--errors', errors);
  expect([code, output]).toEqual([
    1,
    expect.stringContaining('2 products: 1 created, 0 updated, 0 unchanged, 1 failed.'),
  ]);
  expect(await find(`${id}/a`)).toMatchObject({ name: 'Pen, blue; "fine"' });
  const mended = (await readFile(errors, 'utf8')).replace(`${between}9.90`, `${between}990`);
  expect(await importFile(await file('sheet-2.csv', mended))).toMatchObject({ code: 0 });
  expect(await find(`${id} b`)).toMatchObject({ unitPriceMinor: 990 });
});

test('a line that the database alone refuses fails alone', async () => {
  const id = newOrderId();
  await stack.database.pool.query(`alter table products add constraint no_poison check (name <> 'poison')`);
  const lines = Array.from({ length: 700 }, (_, i) => `${id}-${i},${i === 333 ? 'poison' : 'fine'},EUR,1,,`);
  const { code, output } = await importFile(await file('poison.csv', [HEADER, ...lines].join('\n')));
  await stack.database.pool.query('alter table products drop constraint no_poison');
  expect([code, await countOf(id)]).toEqual([1, 699]);
  expect(output).toMatch(/line 335: the database does not take it: .*no_poison/);
});

test.each([
  ['an unknown column', 'sku,name,currency,unit_price_minor,colour\n', 'line 1 names "colour", which is no column'],
  ['no first line', '', 'the file is empty'],
  [
    'bars between its columns',
    HEADER.replaceAll(',', '|'),
    'the columns are separated by "|"; use commas, semicolons or tabs',
  ],
  ['another encoding', new Uint8Array([0xff, 0xfe, 0x73, 0, 0x6b, 0, 0x75, 0]), 'line 1 is not UTF-8 text'],
])('a file with %s is refused whole, with what to do', async (_, text, message) => {
  const { code, output } = await importFile(await file('refused.csv', text));
  expect([code, output]).toEqual([1, expect.stringContaining(message)]);
  expect(output).toContain('nothing was imported');
});

test('a file that is not there, and the same file for errors, are refused before anything happens', async () => {
  const path = await file('same.csv', `${HEADER}\n`);
  expect(await importFile(join(folder, 'none.csv'))).toMatchObject({
    code: 1,
    output: expect.stringContaining('none.csv cannot be read'),
  });
  expect(await importFile(path, '--errors', path)).toMatchObject({
    code: 1,
    output: expect.stringContaining('name another one'),
  });
  expect(await readFile(path, 'utf8')).toBe(`${HEADER}\n`);
  const nowhere = join(folder, 'none', 'errors.csv');
  expect(await importFile(path, '--errors', nowhere)).toMatchObject({
    code: 1,
    output: expect.stringContaining('cannot be written'),
  });
});

test('a line without an end is refused, and the next ones are imported', async () => {
  const id = newOrderId();
  const text = `${HEADER}\n${id}-a,${'x'.repeat(200_000)}\n${id}-b,B,EUR,1,,\n`;
  const { code, output } = await importFile(await file('long.csv', text));
  expect([code, await countOf(id)]).toEqual([1, 1]);
  expect(output).toContain('line 2: is longer than 16384 characters');
});

test('the standard input is imported too', async () => {
  const id = newOrderId();
  const { child, exited } = startImport();
  child.stdin.end(`${HEADER}\n${id}-a,A,EUR,1,,\n`);
  expect(await exited).toEqual({ code: 0, output: '1 products: 1 created, 0 updated, 0 unchanged, 0 failed.\n' });
});

test('Ctrl-C ends after a whole batch, says where, and importing the same file continues from there', async () => {
  const id = newOrderId();
  const lines = Array.from({ length: 1_200 }, (_, i) => `${id}-${i},Thing,EUR,${i},,1`);
  const { child, exited } = startImport();
  child.stdin.write(`${[HEADER, ...lines].join('\n')}\n`);
  for (let tries = 0; (await countOf(id)) < 1_000; tries += 1) {
    if (tries > 500) throw new Error('the batches were not imported');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGINT');
  const { code, output } = await exited;
  expect([code, await countOf(id)]).toEqual([130, 1_000]);
  expect(output).toContain('Stopped after line 1001; import the same file again to go on.');
  const again = await importFile(await file('interrupted.csv', [HEADER, ...lines].join('\n')));
  expect(again.output).toContain('1200 products: 200 created, 0 updated, 1000 unchanged, 0 failed.');
});

test('when the database becomes unavailable, it says how far it got', async () => {
  const { code, output } = await runCommand(['import', await file('away.csv', `${HEADER}\na,A,EUR,1,,\n`)], {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  });
  expect([code, output]).toEqual([1, expect.stringMatching(/PostgreSQL at 127.0.0.1:1: .*; nothing was imported/)]);
});
