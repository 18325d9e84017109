/** The `code` of a system or database error, such as ENOENT; empty when there is none. */
export function errorCode(error: unknown): string {
  return textOf(error, 'code') ?? '';
}

/** What a person should read about the error. `fetch` says only "fetch failed"; what happened is in its cause. */
export function reasonOf(error: unknown): string {
  const message = textOf(error, 'message') ?? String(error);
  const cause = causeOf(error);
  const why = textOf(cause, 'message') || textOf(cause, 'code') || '';
  return message.includes(why) ? message : `${message}: ${why}`;
}

// Not `instanceof Error`: errors of Node itself belong to another realm when our code runs in a VM context, as in jest.
function textOf(error: unknown, key: 'code' | 'message'): string | undefined {
  if (typeof error !== 'object' || error === null || !(key in error)) return undefined;
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' ? value : undefined;
}

function causeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
}
