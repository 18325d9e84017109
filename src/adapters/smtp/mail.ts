import { formatMoney } from '../../domain/money.js';
import type { Notice } from '../../domain/notice.js';
import type { OrderLine } from '../../domain/order.js';
import { wordingOf } from './wording.js';

export interface Mail {
  subject: string;
  text: string;
  html: string;
}

/** A notice as a mail, the same in plain text and in HTML. */
export function mailOf(notice: Notice, shopName: string): Mail {
  const { subject, headline, paragraphs } = wordingOf(notice);
  const { shipment } = notice;
  const items = shipment === null ? notice.lines.map((line) => priced(line, notice.currency)) : inParcel(notice);
  // A parcel has contents, no price.
  const sums =
    shipment !== null
      ? []
      : [
          ...notice.adjustments.map(({ label, amountMinor }) => ({ label, amountMinor, row: '' })),
          { label: 'Total', amountMinor: notice.totalMinor, row: ' class="total"' },
        ].map((sum) => ({ ...sum, price: formatMoney(sum.amountMinor, notice.currency) }));
  const footer = `${shopName} · Order ${notice.orderId}`;

  const text = [
    headline,
    '',
    ...paragraphs,
    '',
    ...items.map(({ name, quantity, price }) => `${quantity} ${name}${price === '' ? '' : `: ${price}`}`),
    ...sums.map(({ label, price }) => `${label}: ${price}`),
    '',
    footer,
    '',
  ].join('\n');
  const html = page({
    subject: escapeHtml(subject),
    headline: escapeHtml(headline),
    paragraphs: paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`).join('\n'),
    rows: [
      ...items.map(
        ({ name, quantity, price }) =>
          `<tr><td class="count">${escapeHtml(quantity)}</td><td>${escapeHtml(name)}</td><td class="sum">${escapeHtml(price)}</td></tr>`,
      ),
      ...sums.map(
        ({ label, price, row }) =>
          `<tr${row}><td colspan="2">${escapeHtml(label)}</td><td class="sum">${escapeHtml(price)}</td></tr>`,
      ),
    ].join('\n'),
    footer: escapeHtml(footer),
    shop: escapeHtml(shopName),
  });
  return { subject, text, html };
}

function priced({ name, quantity, unitPriceMinor }: OrderLine, currency: string) {
  return { name, quantity: `${quantity} ×`, price: formatMoney(quantity * unitPriceMinor, currency) };
}

function inParcel({ lines, shipment }: Notice) {
  return (shipment?.items ?? []).map(({ sku, quantity }) => {
    return { name: lines.find((line) => line.sku === sku)?.name ?? sku, quantity: `${quantity} ×`, price: '' };
  });
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

type Parts = Record<'subject' | 'headline' | 'paragraphs' | 'rows' | 'footer' | 'shop', string>;

/** All parts are HTML already. Nothing is loaded from a server: a mail must not reveal when it is read. */
function page({ subject, headline, paragraphs, rows, footer, shop }: Parts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${subject}</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0; padding: 32px 16px; background: #f3f4f6; color: #1f2430; font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
.card { max-width: 560px; margin: 0 auto; padding: 32px; background: #ffffff; border: 1px solid #e3e5ea; border-radius: 12px; }
.shop { margin: 0 0 24px; color: #5b6270; font-size: 14px; }
h1 { margin: 0 0 12px; font-size: 24px; line-height: 1.25; }
p { margin: 0 0 12px; }
table { width: 100%; margin: 24px 0 0; border-collapse: collapse; }
td { padding: 10px 0; border-top: 1px solid #e3e5ea; vertical-align: top; overflow-wrap: anywhere; }
.count { width: 1%; padding-right: 12px; color: #5b6270; white-space: nowrap; overflow-wrap: normal; }
.sum { padding-left: 12px; text-align: right; white-space: nowrap; overflow-wrap: normal; font-variant-numeric: tabular-nums; }
.total td { border-top-width: 2px; font-weight: 600; }
footer { max-width: 560px; margin: 16px auto 0; color: #5b6270; font-size: 13px; text-align: center; overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) {
  body { background: #14161b; color: #e8eaf0; }
  .card { background: #1d2027; border-color: #30343e; }
  td { border-color: #30343e; }
  .shop, .count, footer { color: #a3a9b6; }
}
</style>
</head>
<body>
<div class="card">
<p class="shop">${shop}</p>
<h1>${headline}</h1>
${paragraphs}
<table role="presentation">
${rows}
</table>
</div>
<footer>${footer}</footer>
</body>
</html>
`;
}
