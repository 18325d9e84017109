/** A map that forgets what was set longest ago when it would grow beyond `most`. */
export function createBoundedMap<Key, Value>(most: number) {
  const entries = new Map<Key, Value>();
  return {
    get: (key: Key): Value | undefined => entries.get(key),
    set(key: Key, value: Value): void {
      entries.delete(key);
      entries.set(key, value);
      for (const oldest of entries.keys()) {
        if (entries.size <= most) return;
        entries.delete(oldest);
      }
    },
    delete: (key: Key): boolean => entries.delete(key),
    get size(): number {
      return entries.size;
    },
  };
}
