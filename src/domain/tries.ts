/** How often an activity may fail before it is given up. Tries that fail because of our own stores are not counted. */
export interface AllowedTries {
  tries: number;
}

/** The type of the failure of an activity that has used up its tries. */
export const TRIES_USED_UP = 'TriesUsedUp';
