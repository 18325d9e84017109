import { waitingFor, type OrderRecord } from '../../domain/order-record.js';
import { Money, OrderLink, Status, Table, Time } from '../parts.js';
import { waitingWords } from '../words.js';

export function OrderTable({ orders, label }: { orders: readonly OrderRecord[]; label: string }) {
  return (
    <Table label={label} heads={['Order', 'Status', 'Total', 'Customer', 'What is going on', 'Accepted']}>
      {orders.map((record) => (
        <tr>
          <td>
            <OrderLink id={record.order.orderId} />
          </td>
          <td>
            <Status status={record.status} />
          </td>
          <td class="number">
            <Money minor={record.order.totalMinor} currency={record.order.currency} />
          </td>
          <td class="id">{record.order.customerId}</td>
          <td>{goingOn(record)}</td>
          <td>
            <Time at={record.order.acceptedAt} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

function goingOn(record: OrderRecord): string {
  const waiting = waitingFor(record);
  if (record.deadLetters.length > 0) return 'Needs a person';
  if (waiting !== null) return waitingWords(waiting);
  if (record.failure !== null) return record.failure.detail;
  return record.cancelReason ?? '';
}
