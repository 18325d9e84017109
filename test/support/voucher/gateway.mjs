// A payment gateway of a shop's own: it takes vouchers, and forgets them when it ends.
const charges = new Map();
const refunds = new Map();

const gateway = {
  name: 'voucher',
  timeoutMs: 1_000,
  settlingTimeMs: 0,
  async charge({ key, amountMinor, currency, method }) {
    const result =
      method === 'voucher_empty'
        ? { kind: 'declined', code: 'voucher_empty' }
        : { kind: 'captured', reference: `voucher-${charges.size + 1}`, amountMinor, currency };
    if (!charges.has(key)) charges.set(key, result);
    return charges.get(key);
  },
  lookup: async (key) => charges.get(key) ?? { kind: 'not_found' },
  async refund({ key, chargeKey, amountMinor }) {
    const { result } = refunds.get(key) ?? {};
    if (result !== undefined) return result;
    const given = [...refunds.values()].filter((refund) => refund.chargeKey === chargeKey);
    const left =
      (charges.get(chargeKey)?.amountMinor ?? 0) - given.reduce((sum, refund) => sum + refund.amountMinor, 0);
    if (amountMinor > left) return { kind: 'refused', code: 'voucher_used_up' };
    const refunded = { kind: 'refunded', reference: `voucher-refund-${refunds.size + 1}` };
    refunds.set(key, { chargeKey, amountMinor, result: refunded });
    return refunded;
  },
  lookupRefund: async (key) => refunds.get(key)?.result ?? { kind: 'not_found' },
};

function verifyEvent(headers, rawBody) {
  if (headers.get('x-voucher-stamp') !== 'genuine') return { ok: false, reason: 'stamp' };
  try {
    const { id: eventId, charge_key: chargeKey, order_id: orderId } = JSON.parse(new TextDecoder().decode(rawBody));
    return { ok: true, event: { eventId, type: 'voucher.taken', chargeKey, refundKey: null, orderId } };
  } catch {
    return { ok: false, reason: 'body_invalid' };
  }
}

export const voucher = { name: 'voucher', needs: [], create: () => ({ gateway, verifyEvent }) };
