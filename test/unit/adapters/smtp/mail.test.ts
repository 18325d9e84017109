import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { mailOf } from '../../../../src/adapters/smtp/mail.js';
import { FAILURE_REASONS } from '../../../../src/domain/failure.js';
import { aNotice } from '../../../support/notices.js';

const SHOP = 'Ada & Söhne';

describe('a mail', () => {
  test('about a confirmation names order, items, prices and total, in text and in HTML', () => {
    const { subject, text, html } = mailOf(aNotice(), SHOP);
    expect(subject).toBe('Your order order-1001 is confirmed');
    expect(text).toBe(
      [
        'Thank you for your order',
        '',
        'We have received your payment of EUR 88.98. Your order is confirmed.',
        '',
        '2 × Notebook: EUR 39.98',
        '1 × Fountain pen: EUR 49.00',
        'Total: EUR 88.98',
        '',
        'Ada & Söhne · Order order-1001',
        '',
      ].join('\n'),
    );
    for (const part of ['EUR 88.98', 'Notebook', 'EUR 39.98', 'Fountain pen', 'order-1001', 'Ada &amp; Söhne']) {
      expect(html).toContain(part);
    }
  });

  test('lists shipping, tax and discounts between the items and the total', () => {
    const adjustments = [
      { type: 'shipping' as const, label: 'Post & packing', amountMinor: 490 },
      { type: 'discount' as const, label: 'WELCOME', amountMinor: -1_000 },
    ];
    const { text, html } = mailOf(aNotice({ adjustments, totalMinor: 8_388 }), SHOP);
    expect(text).toContain('Post & packing: EUR 4.90\nWELCOME: -EUR 10.00\nTotal: EUR 83.88');
    expect(html).toContain('<td colspan="2">Post &amp; packing</td><td class="sum">EUR 4.90</td>');
  });

  test('about an order that costs nothing thanks for no payment', () => {
    expect(mailOf(aNotice({ totalMinor: 0, lines: [] }), SHOP).text).toMatch(/order\n\nYour order is confirmed\.\n/);
  });

  test.each([
    ['JPY', 'JPY 1,999'],
    ['KWD', 'KWD 1.999'],
    ['EUR', 'EUR 19.99'],
  ])('in %s has as many decimals as the currency', (currency, price) => {
    const { text, html } = mailOf(aNotice({ currency, totalMinor: 1_999 }), SHOP);
    expect(text).toContain(`Total: ${price}`);
    expect(html).toContain(`>${price}<`);
  });

  test.each(FAILURE_REASONS)('about the failure %s says why in words for customers', (reason) => {
    const { subject, text } = mailOf(aNotice({ about: 'failure', reason }), SHOP);
    expect(subject).toBe('Your order order-1001 could not be completed');
    expect(text).not.toContain(reason);
    expect(text).toContain('We keep no money for this order');
  });

  test('about a cancellation says that the money is back', () => {
    const { subject, text } = mailOf(aNotice({ about: 'cancellation' }), SHOP);
    expect(subject).toBe('Your order order-1001 is cancelled');
    expect(text).toContain('what was paid has been sent back to you');
  });

  test('about a refund names what was sent back, not the total', () => {
    const { subject, text, html } = mailOf(aNotice({ about: 'refund', refundMinor: 1_234 }), SHOP);
    expect(subject).toBe('A refund for your order order-1001');
    expect(text).toContain('We have sent back EUR 12.34.');
    expect(html).toContain('We have sent back EUR 12.34.');
  });

  test('about a parcel lists what is in it, without prices, and where to follow it', () => {
    const shipment = {
      items: [{ sku: 'product-A', quantity: 1 }],
      carrier: 'DHL',
      trackingNumber: '0034',
      trackingUrl: 'https://carrier.example/0034?a=1&b=2',
    };
    const { subject, text, html } = mailOf(aNotice({ about: 'shipment', shipment }), SHOP);
    expect(subject).toBe('Your order order-1001 is on its way');
    expect(text).toContain('DHL brings you this parcel under the number 0034:');
    expect(text).toContain('Follow it here: https://carrier.example/0034?a=1&b=2\n\n1 × Notebook\n\n');
    expect(text).not.toMatch(/EUR|Fountain pen/);
    expect(html).toContain('https://carrier.example/0034?a=1&amp;b=2');
    expect(html).not.toMatch(/EUR|Total/);
  });

  test('shows what a product is called, and never runs it', () => {
    const name = `<script>alert("1")</script> & 'x' <img src=x onerror=alert(1)>`;
    const lines = [{ sku: 'a', name, quantity: 1, unitPriceMinor: 1 }];
    const { text, html } = mailOf(aNotice({ lines }), '<b>Shop</b>');
    expect(text).toContain(name);
    expect(html).not.toMatch(/<script|<img|<b>/);
    expect(html).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;');
  });

  test('has the same tags in its HTML whatever the products and the shop are called', () => {
    const tags = (html: string) => html.match(/<[^>]*>/g);
    const name = fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", 'a', '/', '!', '-', '=', ' ') });
    fc.assert(
      fc.property(name, name, (product, shop) => {
        const of = (called: string) => [{ sku: 'a', name: called, quantity: 1, unitPriceMinor: 1 }];
        const strange = mailOf(aNotice({ lines: of(product) }), shop);
        expect(tags(strange.html)).toEqual(tags(mailOf(aNotice({ lines: of('a') }), 'a').html));
      }),
    );
  });

  test('loads nothing from anywhere and follows the light or dark of its reader', () => {
    const { html } = mailOf(aNotice(), SHOP);
    expect(html).not.toMatch(/https?:|src=|url\(|@import/);
    expect(html).toContain('prefers-color-scheme: dark');
  });
});
