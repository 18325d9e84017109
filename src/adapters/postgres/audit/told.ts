/** SQL: whether a person is told of what a check is about, by an unsettled dead letter `d` that is not an audit's own. */
export function told(orderId: string, about: string): string {
  return `exists (select from dead_letters d where d.order_id = ${orderId} and d.state in ('open', 'redriving')
            and d.step <> 'audit' and (${about}))`;
}
