type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The fields that are there, for those to whom undefined is not the same as absent. */
export function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
}
