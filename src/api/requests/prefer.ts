const MAX_WAIT_SECONDS = 30;

/** The seconds of `Prefer: wait=N` (RFC 7240), reduced to the maximum, or undefined without one. */
export function preferredWait(header: string | undefined): number | undefined {
  const seconds = /(?:^|[,\s])wait\s*=\s*"?(\d+)"?(?:$|[,;\s])/i.exec(header ?? '')?.[1];
  return seconds === undefined ? undefined : Math.min(Number(seconds), MAX_WAIT_SECONDS);
}
