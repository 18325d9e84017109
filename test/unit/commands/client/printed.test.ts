import { expect, test } from '@jest/globals';
import { printOne, printRows, type Column } from '../../../../src/commands/client/printed.js';

const COLUMNS: Column[] = [
  ['ORDER', ({ id }) => id],
  ['REASON', ({ reason }) => reason],
];

function printed(isJson: boolean, work: (print: { line(text: string): void; isJson: boolean }) => void): string {
  const lines: string[] = [];
  work({ line: (text) => void lines.push(text), isJson });
  return lines.join('\n');
}

test('rows are a table at a terminal, with the way to the next page', () => {
  const answer = {
    data: [
      { id: 'order-1', reason: null },
      { id: 'o-2', reason: 'expired' },
    ],
    next_cursor: 'abc',
  };
  const text = printed(false, (print) => printRows(print, answer, COLUMNS, 'No orders.'));
  expect(text).toBe('ORDER    REASON\norder-1  -\no-2      expired\nMore follow: --cursor abc');
  expect(printed(false, (print) => printRows(print, { data: [] }, COLUMNS, 'No orders.'))).toBe('No orders.');
});

test('rows are what the API answered where no person reads them', () => {
  const answer = { data: [{ id: 'order-1', more: true }], next_cursor: null };
  expect(JSON.parse(printed(true, (print) => printRows(print, answer, COLUMNS, 'none')))).toEqual(answer);
});

test('an object is a member per line at a terminal, without the empty ones', () => {
  const one = { id: 'order-1', failure: null, refunds: [], payment: { state: 'captured' } };
  expect(printed(false, (print) => printOne(print, one))).toBe('id       order-1\npayment  {"state":"captured"}');
});

test('nothing that a shop or customer wrote steers the terminal', () => {
  const answer = { data: [{ id: 'order-1', reason: '\u001B[2Jgone\n\u0007' }] };
  expect(printed(false, (print) => printRows(print, answer, COLUMNS, ''))).not.toMatch(/\p{Cc}(?<!\n)/u);
});
