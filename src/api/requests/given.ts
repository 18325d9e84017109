type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Omits undefined fields, for types that distinguish undefined from absent. */
export function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
}
