/** SQL: a list of constants of the domain, for `in`. As literals, so that the planner sees them. */
export function listed(values: readonly string[]): string {
  return `(${values.map((value) => `'${value}'`).join(', ')})`;
}
