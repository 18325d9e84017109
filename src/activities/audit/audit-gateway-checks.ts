import type { AuditCheck, CheckTools } from './audit-check.js';
import type { Place } from './audit-ports.js';
import { lookBack } from './look-back.js';
import type { Captured } from '../payments.js';

/** Compares what the database and the gateway say about the last day's charges and refunds. */
export function gatewayChecks({ ports, recover, ...tools }: CheckTools): AuditCheck[] {
  const { lookBackStore: store, gateway, charges, gatewayEvents } = ports;
  const { signal } = tools;
  const late = new Map<string, () => Promise<unknown>>();
  const takenBack = new Set<string>();

  return [
    {
      name: 'captures-are-real',
      invariant: 'I3',
      kind: 'books',
      inspect: (open: readonly Place[]) =>
        lookBack(
          {
            ...tools,
            check: 'captures-are-real',
            store,
            read: (page) => store.charges(true, page),
            async examine(charge) {
              const found = await gateway.lookup(charge.key, signal, charge.at);
              if (found.kind === 'captured' && isSameMoney(found, charge)) return undefined;
              const { key, amountMinor, currency } = charge;
              const says = found.kind === 'captured' ? `${found.amountMinor} ${found.currency}` : found.kind;
              return `we booked ${amountMinor} ${currency} as captured under ${key}, the gateway says ${says}`;
            },
          },
          open,
        ),
    },
    {
      name: 'uncharged-stays-uncharged',
      invariant: 'I3',
      kind: 'books',
      inspect: (open: readonly Place[]) =>
        lookBack(
          {
            ...tools,
            check: 'uncharged-stays-uncharged',
            store,
            read: (page) => store.charges(false, page),
            async examine({ orderId, owner, attempt, key, at }) {
              const startedAt = performance.now();
              const found = await gateway.lookup(key, signal, at);
              if (found.kind !== 'captured') return undefined;
              const latencyMs = Math.round(performance.now() - startedAt);
              late.set(key, () => charges.captured({ orderId, owner }, attempt, found, { latencyMs }));
              return `the gateway took ${found.amountMinor} ${found.currency} under ${key}, which was booked as not charged`;
            },
          },
          open,
        ),
      // Money is a fact: once it is in the database, the recovery refunds it.
      async cure({ orderId, about: key }) {
        await late.get(key)?.();
        await recover(orderId);
      },
    },
    {
      name: 'refunds-are-real',
      invariant: 'I14',
      kind: 'books',
      inspect: (open: readonly Place[]) =>
        lookBack(
          {
            ...tools,
            check: 'refunds-are-real',
            store,
            read: (page) => store.refunds(page),
            async examine({ refundId, key, state, at }) {
              const { kind } = await gateway.lookupRefund(key, signal, at);
              if ((kind === 'refunded') === (state === 'succeeded')) return undefined;
              if (kind === 'refused') takenBack.add(key);
              return `refund ${refundId} ${state} under ${key}, the gateway says ${kind}`;
            },
          },
          open,
        ),
      // As the gateway's own event would have done. Anything else about a refund needs a person.
      async cure({ about: key }) {
        if (takenBack.has(key)) await gatewayEvents.refundFailedLate(key);
      },
    },
  ];
}

function isSameMoney(a: Pick<Captured, 'amountMinor' | 'currency'>, b: Pick<Captured, 'amountMinor' | 'currency'>) {
  return a.amountMinor === b.amountMinor && a.currency === b.currency;
}
