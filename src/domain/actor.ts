/** On whose behalf something was done: the request, the API key that it came with, and a name if it gave one. */
export interface Actor {
  requestId: string;
  keyId?: string;
  keyName?: string;
  /** As the header X-Actor had it. Personal: for timelines and dead letters alone, never for a log. */
  name?: string;
}
