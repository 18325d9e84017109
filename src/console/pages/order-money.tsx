import { chargeKey } from '../../domain/ids.js';
import { capturedMinor, refundableMinor, refundedMinor, type OrderRecord } from '../../domain/order-record.js';
import type { AttemptState, RefundState } from '../../domain/payment-states.js';
import { Badge, Money, Table } from '../parts.js';
import { statusWords } from '../words.js';

const TONES: Record<AttemptState | RefundState, string> = {
  created: 'busy',
  sent: 'busy',
  pending: 'busy',
  captured: 'good',
  succeeded: 'good',
  declined: 'bad',
  failed: 'bad',
  not_charged: 'quiet',
  unknown: 'person',
};

/** What was taken, what went back, and by which keys and references the provider knows it. */
export function OrderMoney({ record }: { record: OrderRecord }) {
  const { orderId, currency } = record.order;
  return (
    <>
      <h2>Money</h2>
      <div class="panel">
        <dl>
          <dt>Captured</dt>
          <dd>
            <Money minor={capturedMinor(record)} currency={currency} />
          </dd>
          <dt>Refunded</dt>
          <dd>
            <Money minor={refundedMinor(record)} currency={currency} />
          </dd>
          <dt>Can be refunded</dt>
          <dd>
            <Money minor={refundableMinor(record)} currency={currency} />
          </dd>
        </dl>
      </div>
      {record.attempts.length === 0 ? null : (
        <Table label="Charges" heads={['Charge', 'State', 'Key and reference']}>
          {record.attempts.map(({ attempt, state, tries, amountMinor, reference, declineCode }) => (
            <tr>
              <td>
                <Money minor={amountMinor} currency={currency} />
                <br />
                <small>
                  {tries} {tries === 1 ? 'try' : 'tries'}
                </small>
              </td>
              <td>
                <Badge tone={TONES[state]}>{statusWords(state)}</Badge>
                {declineCode === null ? null : <small> {declineCode}</small>}
              </td>
              <td class="id">
                {chargeKey(orderId, attempt)}
                {reference === null ? null : (
                  <>
                    <br />
                    {reference}
                  </>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {record.refunds.length === 0 ? null : (
        <Table label="Refunds" heads={['Refund', 'State', 'Reason and reference']}>
          {record.refunds.map(({ id, amountMinor, state, reason, restock, reference }) => (
            <tr>
              <td>
                <Money minor={amountMinor} currency={currency} />
                {restock ? <small> with the goods</small> : null}
              </td>
              <td>
                <Badge tone={TONES[state]}>{statusWords(state)}</Badge>
              </td>
              <td>
                {reason}
                <br />
                <span class="id">{reference ?? id}</span>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}
