import { formatMoney } from '../domain/money.js';
import type { AcceptedOrder, OrderLine } from '../domain/order.js';

// Temporal refuses a start whose details have more than 20,000 bytes.
const MOST_LINES = 20;
const LONGEST_NAME = 60;

/** The list view's one line about an order: what it costs, and how many items it has. */
export function summaryOf({ totalMinor, currency, lines }: AcceptedOrder): string {
  const items = lines.reduce((sum, line) => sum + line.quantity, 0);
  return `${formatMoney(totalMinor, currency)}, ${items} item${items === 1 ? '' : 's'}`;
}

/** What the Temporal Web UI shows of an order from its start, as Markdown: its lines and how it is paid, no customer. */
export function detailsOf(order: AcceptedOrder): string {
  const shown = order.lines.slice(0, MOST_LINES).map((line) => `- ${lineOf(line, order.currency)}`);
  const left = order.lines.length - shown.length;
  const more = left > 0 ? [`- and ${left} more`] : [];
  return [...shown, ...more, '', `Paid with ${code(order.paymentMethod)}`].join('\n');
}

function lineOf({ quantity, sku, name, unitPriceMinor }: OrderLine, currency: string): string {
  return `${quantity} × ${code(sku)} ${code(name)} at ${formatMoney(unitPriceMinor, currency)}`;
}

/** Verbatim: what a shop calls its products is not Markdown. */
function code(text: string): string {
  const cut = text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME - 1)}…` : text;
  return `\`${cut.replaceAll('`', "'").replaceAll(/\s+/g, ' ')}\``;
}
