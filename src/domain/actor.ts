/** On whose behalf something was done: the request, its API key, and a name if it gave one. */
export interface Actor {
  requestId: string;
  keyId?: string;
  keyName?: string;
  /** The value of the header X-Actor. Personal: only for timelines and dead letters, never for a log. */
  name?: string;
}
