import { letterActions } from '../../domain/allowed-actions.js';
import type { DeadLetter } from '../../domain/dead-letter.js';
import { Badge, Dialog, Field, OrderLink, Time } from '../parts.js';
import type { Session } from '../session.js';
import { LETTER_WORDS } from '../words.js';

interface LetterProps {
  session: Session;
  letter: DeadLetter;
  /** Where its forms lead back to. */
  back: string;
}

/** A dead letter: what is known, and what may be done about it. */
export function LetterPanel({ session: { csrf }, letter, back }: LetterProps) {
  const { id, kind, orderId, step, attempts, lastError, state, subject, createdAt, updatedAt } = letter;
  const { title, meaning } = LETTER_WORDS[kind];
  const allowed = letterActions(letter);
  const path = `/console/attention/${encodeURIComponent(id)}`;
  const target = (action: string) => `${path}/${action}?back=${encodeURIComponent(back)}`;
  return (
    <section class="panel letter" id={id} aria-label={title}>
      <h2>
        {title} {state === 'open' ? null : <Badge tone="busy">{state}</Badge>}
      </h2>
      <p>{meaning}</p>
      <dl>
        <dt>Order</dt>
        <dd>
          <OrderLink id={orderId} />
        </dd>
        {subject === '' ? null : (
          <>
            <dt>About</dt>
            <dd class="id">{subject}</dd>
          </>
        )}
        <dt>Last error</dt>
        <dd>
          {lastError} (step {step}, {attempts} {attempts === 1 ? 'try' : 'tries'})
        </dd>
        <dt>Since</dt>
        <dd>
          <Time at={createdAt} />, last changed <Time at={updatedAt} />
        </dd>
        <dt>Dead letter</dt>
        <dd class="id">{id}</dd>
      </dl>
      {allowed.length === 0 ? null : (
        <div class="buttons">
          {allowed.includes('redrive') ? (
            <Dialog
              id={`redrive-${id}`}
              does="Redrive"
              title={`Redrive: ${title}`}
              action={target('redrive')}
              csrf={csrf}
            >
              <p>{meaning}</p>
              <p>Doing this twice has no further effect.</p>
            </Dialog>
          ) : null}
          {allowed.includes('evidence') ? (
            <Dialog
              id={`evidence-${id}`}
              does="Give evidence"
              title="What happened at the provider?"
              action={target('evidence')}
              csrf={csrf}
              danger
            >
              <p>Holdfast believes this. Look it up at the provider first; the first evidence counts.</p>
              <p>
                <input type="radio" id={`yes-${id}`} name="happened" value="yes" required />{' '}
                <label for={`yes-${id}`}>{kind === 'refund' ? 'The money went back' : 'The money was taken'}</label>
                <input type="radio" id={`no-${id}`} name="happened" value="no" />{' '}
                <label for={`no-${id}`}>{kind === 'refund' ? 'The money did not go back' : 'No money was taken'}</label>
              </p>
              <Field
                id={`reference-${id}`}
                name="reference"
                label="Reference at the provider"
                maxlength={200}
                hint="Required if the money moved"
              />
              <Field id={`evidence-note-${id}`} name="note" label="How you know" required maxlength={1000} />
            </Dialog>
          ) : null}
          {allowed.includes('discard') ? (
            <Dialog
              id={`discard-${id}`}
              does="Discard"
              title={`Discard: ${title}`}
              action={target('discard')}
              csrf={csrf}
              danger
            >
              <p>No order changes. It is refused while money or goods depend on it.</p>
              <Field id={`note-${id}`} name="note" label="Note" required maxlength={1000} />
            </Dialog>
          ) : null}
        </div>
      )}
    </section>
  );
}
