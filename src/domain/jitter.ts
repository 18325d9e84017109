/** 0 to 1, from a hash of the id: the same in every replay, but different for each order. */
export function jitterOf(orderId: string): number {
  const hash = Array.from(orderId).reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 997, 7);
  return hash / 997;
}

/** Lengthens a pause by up to half, so that orders do not all retry at the same moment. */
export function spread(ms: number, orderId: string): number {
  return ms * (1 + jitterOf(orderId) / 2);
}
