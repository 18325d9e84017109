import { table } from '../table.js';
import type { Json } from './api-client.js';

/** How a command prints: for a person at a terminal, or for a program. */
export interface Print {
  line(text: string): void;
  isJson: boolean;
}

export type Column = [title: string, value: (row: Json) => unknown];

/** Prints rows as a table, or as the JSON that the API gave. */
export function printRows({ line, isJson }: Print, answer: Json, columns: Column[], none: string): void {
  if (isJson) return line(JSON.stringify(answer));
  const rows = rowsOf(answer);
  if (rows.length === 0) return line(none);
  line(table([columns.map(([title]) => title), ...rows.map((row) => columns.map(([, value]) => cell(value(row))))]));
  if (typeof answer['next_cursor'] === 'string') line(`More follow: --cursor ${answer['next_cursor']}`);
}

/** Prints one object, a member per line, or as JSON. */
export function printOne({ line, isJson }: Print, one: Json): void {
  if (isJson) return line(JSON.stringify(one));
  const members = Object.entries(one).filter(([, value]) => !isEmpty(value));
  line(table(members.map(([name, value]) => [name, cell(value)])));
}

export function rowsOf({ data }: Json): Json[] {
  return Array.isArray(data) ? (data as Json[]) : [];
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** Control characters would steer the terminal. */
function cell(value: unknown): string {
  const text = typeof value === 'string' ? value : value === null || value === undefined ? '-' : JSON.stringify(value);
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
