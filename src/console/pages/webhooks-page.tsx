import { DELIVERY_STATES, type DeliveryState } from '../../domain/delivery.js';
import type { WebhookDelivery, WebhookEndpoint } from '../../domain/webhook-endpoint.js';
import { page, type LayoutProps } from '../layout.js';
import { Badge, Dialog, Empty, OrderLink, Table, Time } from '../parts.js';
import type { Session } from '../session.js';

export interface WebhooksData {
  endpoints: readonly WebhookEndpoint[];
  deliveries: readonly WebhookDelivery[];
  state: DeliveryState | undefined;
  /** The query of the next page. */
  next: string | undefined;
  notice: LayoutProps['notice'];
}

const TONES: Record<DeliveryState, string> = {
  pending: 'busy',
  retrying: 'person',
  delivered: 'good',
  failed: 'bad',
  cancelled: 'quiet',
};

export function webhooksPage(session: Session, { endpoints, deliveries, state, next, notice }: WebhooksData) {
  return page({
    title: 'Webhooks',
    session,
    path: '/console/webhooks',
    notice,
    children: (
      <>
        <h2>Endpoints</h2>
        {endpoints.length === 0 ? (
          <Empty title="No endpoints">POST /v1/webhook-endpoints adds a receiver of events.</Empty>
        ) : (
          <Table label="Endpoints" heads={['URL', 'Events', 'State']}>
            {endpoints.map((endpoint) => (
              <tr>
                <td class="id">
                  {endpoint.url}
                  <br />
                  <small>{endpoint.description}</small>
                </td>
                <td>{endpoint.eventTypes.length === 0 ? 'all' : endpoint.eventTypes.join(', ')}</td>
                <td>
                  <Badge tone={endpoint.state === 'enabled' ? 'good' : 'bad'}>{endpoint.state}</Badge>{' '}
                  <small>{endpoint.disabledReason}</small>
                </td>
              </tr>
            ))}
          </Table>
        )}
        <h2>Deliveries</h2>
        <nav class="tabs" aria-label="States">
          <a href="/console/webhooks" aria-current={state === undefined ? 'page' : undefined}>
            All
          </a>
          {DELIVERY_STATES.map((one) => (
            <a href={`/console/webhooks?state=${one}`} aria-current={one === state ? 'page' : undefined}>
              {one}
            </a>
          ))}
        </nav>
        {deliveries.length === 0 ? (
          <Empty title="No deliveries">Each event that is sent to an endpoint appears here, with every try.</Empty>
        ) : (
          <Table label="Deliveries" heads={['Event', 'State', 'Last try', 'When', 'Action']}>
            {deliveries.map((delivery) => (
              <Row delivery={delivery} csrf={session.csrf} />
            ))}
          </Table>
        )}
        {next === undefined ? null : (
          <p>
            <a href={`/console/webhooks?${next}`}>Older deliveries</a>
          </p>
        )}
      </>
    ),
  });
}

function Row({
  delivery: { id, type, orderId, state, attempts, createdAt },
  csrf,
}: {
  delivery: WebhookDelivery;
  csrf: string;
}) {
  const last = attempts.at(-1);
  return (
    <tr>
      <td>
        {type}
        <br />
        {orderId === null ? <small>test</small> : <OrderLink id={orderId} />}
      </td>
      <td>
        <Badge tone={TONES[state]}>{state}</Badge>{' '}
        <small>
          {attempts.length} {attempts.length === 1 ? 'try' : 'tries'}
        </small>
      </td>
      <td>{last === undefined ? '' : `${last.statusCode ?? ''} ${last.detail}`}</td>
      <td>
        <Time at={createdAt} />
      </td>
      <td>
        {state === 'cancelled' ? null : (
          <Dialog
            id={`resend-${id}`}
            does="Send again"
            title="Send this delivery again?"
            action={`/console/webhooks/${encodeURIComponent(id)}/resend`}
            csrf={csrf}
          >
            <p>The endpoint gets {type} again under the same message id. No money and no goods move.</p>
          </Dialog>
        )}
      </td>
    </tr>
  );
}
