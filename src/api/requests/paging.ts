import { z } from '@hono/zod-openapi';
import { Problem } from './problems.js';

/** The query of every list. */
export const pageQuery = z.object({
  limit: z
    .custom<string | number>((text) => /^(?:[1-9]\d?|100)$/.test(String(text)), 'must be a whole number from 1 to 100')
    .transform(Number)
    .default(50)
    .openapi({ type: 'integer', minimum: 1, maximum: 100, default: 50, description: 'The most rows of one page.' }),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,500}$/, 'must be the next_cursor of an earlier answer')
    .optional()
    .openapi({ description: 'The `next_cursor` of the previous page.' }),
});

/** The schema of a page of these rows, under this name. */
export const listOf = <Row extends z.ZodType>(name: string, row: Row) =>
  z
    .object({
      data: z.array(row),
      next_cursor: z.string().nullable().openapi({ description: 'The cursor of the next page; null on the last one.' }),
    })
    .openapi(name);

export interface Page<Row> {
  data: Row[];
  next_cursor: string | null;
}

/** The parts of positions, no wider than the database's types: no cursor that a caller invents can cause a fault. */
export const placeNumber = z.int().min(1).max(2_147_483_647);
export const placeTime = z.iso.datetime({ precision: 6 }).refine((time) => !time.startsWith('0000'));

/** The position in a list, as an opaque text. */
function cursorOf(place: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/**
 * The position that a cursor of this list encodes; undefined without one.
 * @throws Problem `validation-error` for a text that is not a cursor of this list
 */
export function placeOf<Place>(cursor: string | undefined, shape: z.ZodType<Place>): Place | undefined {
  if (cursor === undefined) return undefined;
  const place = shape.safeParse(jsonOrNothing(Buffer.from(cursor, 'base64url').toString()));
  if (place.success) return place.data;
  const errors = [{ pointer: '/cursor', detail: 'must be the next_cursor of an earlier answer' }];
  throw new Problem('validation-error', 'The cursor is not one of this list.', { errors });
}

/** Cuts rows, of which one more than `limit` was read, to a page; the cursor holds the last row's position. */
export function pageOf<Row, Json>(
  rows: readonly Row[],
  limit: number,
  { json, place }: { json: (row: Row) => Json; place: (row: Row) => readonly unknown[] },
): Page<Json> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const goesOn = rows.length > limit && last !== undefined;
  return { data: shown.map((row) => json(row)), next_cursor: goesOn ? cursorOf(place(last)) : null };
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
