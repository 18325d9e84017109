/** What an API key may be for. `admin` includes the others. */
export const SCOPES = ['orders', 'catalog', 'operations', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

export function isScope(text: string): text is Scope {
  return SCOPES.some((scope) => scope === text);
}

/** Whether a key with the scopes `given` may do what requires `wanted`. */
export function allows(given: readonly Scope[], wanted: Scope): boolean {
  return given.includes(wanted) || given.includes('admin');
}
