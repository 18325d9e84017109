/** SQL: whether an unsettled dead letter `d`, not one from an audit, covers what a check is about. */
export function told(orderId: string, about: string): string {
  return `exists (select from dead_letters d where d.order_id = ${orderId} and d.state in ('open', 'redriving')
            and d.step <> 'audit' and (${about}))`;
}
