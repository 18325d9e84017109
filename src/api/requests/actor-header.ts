import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Actor } from '../../domain/actor.js';
import { given } from './given.js';
import { Problem } from './problems.js';

const MAX_NAME = 100;
// Characters that control a terminal, break a line, or only change how their neighbors look.
const NAME = new RegExp(`^[^\\p{Cc}\\p{Cf}\\p{Co}\\p{Cs}\\p{Zl}\\p{Zp}]{1,${MAX_NAME}}$`, 'u');

/**
 * On whose behalf this request acts.
 * @throws Problem `validation-error` when X-Actor is not a name
 */
export function actorOf(c: Context): Actor {
  const header = c.req.header('X-Actor')?.replaceAll(/^[ \t]+|[ \t]+$/g, '');
  const known = { keyId: textOf(c.get('keyId')), keyName: textOf(c.get('keyName')) };
  return {
    requestId: textOf(c.get('requestId')) ?? '',
    ...given({ ...known, name: header ? nameIn(header) : undefined }),
  };
}

export const actorSchema = z
  .object({
    key_id: z.string().nullable().openapi({ description: 'The id of the API key, never the key.' }),
    key_name: z.string().nullable(),
    name: z.string().nullable().openapi({ description: 'What the request said in `X-Actor`.' }),
    request_id: z.string(),
  })
  .openapi('Actor', {
    description: 'On whose behalf it was done; null if Holdfast did it on its own.',
    example: {
      key_id: '4w1q8ax0m2',
      key_name: 'back office',
      name: 'Dana Scully',
      request_id: '4f4b8d0e-2c0f-4a36-9d7c-2b1f4c1f0a11',
    },
  });

/** An actor as the API shows it. */
export function actorJson(actor: Actor | null): z.infer<typeof actorSchema> | null {
  if (actor === null) return null;
  const { keyId, keyName, name, requestId } = actor;
  return { key_id: keyId ?? null, key_name: keyName ?? null, name: name ?? null, request_id: requestId };
}

function nameIn(header: string): string {
  const name = decoded(header);
  if (NAME.test(name)) return name;
  const detail = `must be 1 to ${MAX_NAME} characters without control characters`;
  throw new Problem('validation-error', 'The header X-Actor is not usable.', {
    errors: [{ pointer: 'X-Actor', detail }],
  });
}

/** Headers arrive as bytes: UTF-8, or else Latin-1. */
function decoded(header: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(header, 'latin1'));
  } catch {
    return header;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
