import type { PropsWithChildren } from 'hono/jsx';
import { formatMoney } from '../domain/money.js';
import type { OrderStatus } from '../domain/order.js';
import { statusWords, TONES } from './words.js';

export function Money({ minor, currency }: { minor: number; currency: string }) {
  return <span class="money">{formatMoney(minor, currency)}</span>;
}

/** UTC without script; the script shows local time and keeps UTC for the title. */
export function Time({ at }: { at: string }) {
  const utc = `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`;
  return (
    <time datetime={at} title={utc}>
      {utc}
    </time>
  );
}

export function Status({ status }: { status: OrderStatus }) {
  return <span class={`badge ${TONES[status]}`}>{statusWords(status)}</span>;
}

export function Badge({ tone, children }: PropsWithChildren<{ tone: string }>) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

export function OrderLink({ id }: { id: string }) {
  return (
    <a class="id" href={`/console/orders/${encodeURIComponent(id)}`}>
      {id}
    </a>
  );
}

export function Empty({ title, children }: PropsWithChildren<{ title: string }>) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      <p>{children}</p>
    </div>
  );
}

const NUMBERS = new Set([
  'Total',
  'Quantity',
  'Price',
  'Sum',
  'Orders',
  'How many',
  'On hand',
  'Reserved',
  'Available',
]);

/** A table that scrolls by itself on a narrow screen. */
export function Table({ label, heads, children }: PropsWithChildren<{ label: string; heads: string[] }>) {
  return (
    <section class="scroll" tabindex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th scope="col" class={NUMBERS.has(head) ? 'number' : undefined}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

interface DialogProps {
  id: string;
  /** The words on the button that opens it, and on the one that does it. */
  does: string;
  title: string;
  action: string;
  csrf: string;
  danger?: boolean;
  /** The scope that the key lacks. */
  lacks?: string | undefined;
}

/** A button with a dialog that says what will happen, before anything does. A popover needs no script. */
export function Dialog({ id, does, title, action, csrf, danger, lacks, children }: PropsWithChildren<DialogProps>) {
  const look = danger ? 'danger' : undefined;
  if (lacks !== undefined) {
    return (
      <button type="button" disabled title={`Needs an API key with the scope ${lacks}`}>
        {does} <small>(needs {lacks})</small>
      </button>
    );
  }
  return (
    <>
      <button type="button" class={look} popovertarget={id}>
        {does}
      </button>
      <dialog id={id} popover="auto" aria-labelledby={`${id}-title`}>
        <form method="post" action={action}>
          <h2 id={`${id}-title`}>{title}</h2>
          <input type="hidden" name="csrf" value={csrf} />
          {children}
          <div class="buttons">
            <button type="submit" class={look ?? 'primary'}>
              {does}
            </button>
            <button type="button" popovertarget={id} popovertargetaction="hide">
              Back
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}

interface FieldProps {
  id: string;
  name: string;
  label: string;
  type?: string;
  required?: boolean;
  maxlength?: number;
  min?: number;
  max?: number;
  hint?: string;
  value?: string;
}

export function Field({ id, name, label, hint, ...input }: FieldProps) {
  return (
    <p class="field">
      <label for={id}>{label}</label>
      <input id={id} name={name} autocomplete="off" {...input} />
      {hint === undefined ? null : <small>{hint}</small>}
    </p>
  );
}
