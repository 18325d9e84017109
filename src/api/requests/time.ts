import { z } from '@hono/zod-openapi';

const RFC_3339 = 'must be an RFC 3339 time such as 2026-11-01T09:30:00Z; write "+" as %2B';
const LEAP = /^(.{17})60/;

/** A time for the database: in UTC, to the microsecond. A leap second becomes the second after it. */
export const time = z
  .string()
  .transform((given) => given.toUpperCase())
  .transform((given, context) => {
    const leaps = LEAP.test(given);
    const written = given.replace(LEAP, '$159');
    if (!z.iso.datetime({ offset: true }).safeParse(written).success) {
      context.addIssue({ code: 'custom', message: RFC_3339 });
      return z.NEVER;
    }
    const at = new Date(written);
    if (leaps && !at.toISOString().includes('T23:59:59')) {
      context.addIssue({ code: 'custom', message: 'may have the second 60 only at 23:59 UTC' });
      return z.NEVER;
    }
    const fraction = /\.\d+/.exec(given)?.[0].slice(0, 7) ?? '';
    const utc = `${new Date(at.getTime() + (leaps ? 1_000 : 0)).toISOString().slice(0, 19)}${fraction}Z`;
    if (/^\d{4}-/.test(utc) && !utc.startsWith('0000')) return utc;
    context.addIssue({ code: 'custom', message: 'must be between the years 1 and 9999' });
    return z.NEVER;
  })
  .openapi({ type: 'string', format: 'date-time' });
