import { DEAD_LETTER_KINDS, type DeadLetter, type DeadLetterKind } from '../../domain/dead-letter.js';
import type { OrderRecord } from '../../domain/order-record.js';
import { page, type LayoutProps } from '../layout.js';
import { Empty } from '../parts.js';
import type { Session } from '../session.js';
import { LETTER_WORDS } from '../words.js';
import { LetterPanel } from './letter-panel.js';
import { OrderTable } from './order-table.js';

export interface AttentionData {
  kind: DeadLetterKind | undefined;
  letters: readonly DeadLetter[];
  reviews: readonly OrderRecord[];
  /** The query of the next page. */
  next: string | undefined;
  notice: LayoutProps['notice'];
}

export function attentionPage(session: Session, { kind, letters, reviews, next, notice }: AttentionData) {
  const back = kind === undefined ? '/console/attention' : `/console/attention?kind=${kind}`;
  return page({
    title: 'Needs a person',
    session,
    path: '/console/attention',
    live: '/console/live',
    notice,
    children: (
      <>
        <nav class="tabs" aria-label="Kinds">
          <a href="/console/attention" aria-current={kind === undefined ? 'page' : undefined}>
            All
          </a>
          {DEAD_LETTER_KINDS.map((one) => (
            <a href={`/console/attention?kind=${one}`} aria-current={one === kind ? 'page' : undefined}>
              {LETTER_WORDS[one].title}
            </a>
          ))}
        </nav>
        {reviews.length === 0 ? null : (
          <>
            <h2>Reviews to decide</h2>
            <OrderTable orders={reviews} label="Reviews to decide" />
          </>
        )}
        {letters.length === 0 ? (
          <Empty title="No open dead letters">
            What automation cannot finish by itself appears here, with what is known and what can be done.
          </Empty>
        ) : (
          letters.map((letter) => <LetterPanel session={session} letter={letter} back={back} />)
        )}
        {next === undefined ? null : (
          <p>
            <a href={`/console/attention?${next}`}>Newer dead letters</a>
          </p>
        )}
      </>
    ),
  });
}
