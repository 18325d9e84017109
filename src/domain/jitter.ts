/** 0 to 1, by a hash of the id: the same for every replay, and different from order to order. */
export function jitterOf(orderId: string): number {
  const hash = Array.from(orderId).reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 997, 7);
  return hash / 997;
}

/** A pause that is longer by up to half, so that not all orders come back at the same moment. */
export function spread(ms: number, orderId: string): number {
  return ms * (1 + jitterOf(orderId) / 2);
}
