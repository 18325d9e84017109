import { randomUUID } from 'node:crypto';
import { allowedActions } from '../../domain/allowed-actions.js';
import { decimalsOf, formatMoney } from '../../domain/money.js';
import { capturedMinor, refundableMinor, refundedMinor, type OrderRecord } from '../../domain/order-record.js';
import { holdsStock, isPaid } from '../../domain/order.js';
import { Dialog, Field } from '../parts.js';
import type { Session } from '../session.js';

interface ActionsProps {
  session: Session;
  record: OrderRecord;
  path: string;
}

/** The actions that are allowed now, each with what it will do to money and goods. */
export function OrderActions({ session, record, path }: ActionsProps) {
  const allowed = allowedActions(record);
  const { csrf } = session;
  const orders = session.may('orders') ? undefined : 'orders';
  const { currency } = record.order;
  const left = refundableMinor(record);
  if (allowed.length === 0) return <p class="soft">Nothing can be asked of this order now.</p>;
  return (
    <div class="buttons">
      {allowed.includes('approve') ? (
        <Dialog id="approve" does="Approve" title="Approve this review?" action={`${path}/approve`} csrf={csrf}>
          <p>The goods are reserved, and {formatMoney(record.order.totalMinor, currency)} is charged.</p>
        </Dialog>
      ) : null}
      {allowed.includes('reject') ? (
        <Dialog id="reject" does="Reject" title="Reject this review?" action={`${path}/reject`} csrf={csrf} danger>
          <p>The order fails. No money was taken and no goods are reserved.</p>
        </Dialog>
      ) : null}
      {allowed.includes('fulfill') ? (
        <Dialog
          id="fulfill"
          does="Complete"
          title="Have the goods been shipped?"
          action={`${path}/fulfill`}
          csrf={csrf}
          lacks={orders}
        >
          <p>The order is completed. It can still be refunded, but no longer cancelled.</p>
        </Dialog>
      ) : null}
      {allowed.includes('refund') ? (
        <Dialog
          id="refund"
          does="Refund"
          title="Refund this order"
          action={`${path}/refund`}
          csrf={csrf}
          lacks={orders}
        >
          <p>
            Up to {formatMoney(left, currency)} can go back to the customer. The order stays {record.status}.
          </p>
          <input type="hidden" name="key" value={randomUUID()} />
          <Field
            id="refund-amount"
            name="amount"
            label={`Amount in ${currency}`}
            hint="Empty: all that is left"
            {...{ inputmode: 'decimal', pattern: String.raw`\d+([.,]\d{1,${Math.max(1, decimalsOf(currency))}})?` }}
          />
          <Field id="refund-reason" name="reason" label="Reason" required maxlength={500} />
          <p>
            <input type="checkbox" id="refund-restock" name="restock" value="yes" />{' '}
            <label for="refund-restock">
              All goods came back: return {goodsOf(record)} to the stock. Only with all that is left of the payment.
            </label>
          </p>
        </Dialog>
      ) : null}
      {allowed.includes('cancel') ? (
        <Dialog
          id="cancel"
          does="Cancel order"
          title="Cancel this order?"
          action={`${path}/cancel`}
          csrf={csrf}
          danger
          lacks={orders}
        >
          <p>{cancelWords(record)}</p>
          <Field id="cancel-reason" name="reason" label="Reason" required maxlength={500} />
        </Dialog>
      ) : null}
    </div>
  );
}

function goodsOf({ order }: OrderRecord): string {
  return order.lines.map(({ quantity, name }) => `${quantity} × ${name}`).join(', ');
}

function cancelWords(record: OrderRecord): string {
  const kept = capturedMinor(record) - refundedMinor(record);
  const money =
    kept > 0
      ? `${formatMoney(kept, record.order.currency)} goes back to the customer`
      : 'Nothing is charged; if a charge is under way, what it takes goes back';
  const goods = holdsStock(record.status)
    ? `${goodsOf(record)} ${isPaid(record.status) ? 'returns to the stock' : 'is released'}`
    : 'no goods are reserved';
  return `${money}, and ${goods}. This cannot be taken back.`;
}
