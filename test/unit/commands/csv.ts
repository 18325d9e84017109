/** A line of CSV with every field in quotes. */
export function stringify(cells: readonly string[]): string {
  return cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',');
}
