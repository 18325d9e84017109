import { page } from '../layout.js';
import type { Session } from '../session.js';

/** What a page shows instead of itself: not found, forbidden, unavailable. */
export function troublePage(session: Session | undefined, title: string, text: string) {
  return page({
    title,
    ...(session === undefined ? {} : { session }),
    children: (
      <div class="empty">
        <p>{text}</p>
        <p>
          <a href="/console">Home</a>
        </p>
      </div>
    ),
  });
}
