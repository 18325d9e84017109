import type { OrderStats } from '../../domain/order-stats.js';
import { page } from '../layout.js';
import { Badge, Table, Time } from '../parts.js';
import type { Session } from '../session.js';

const DEPTHS: Readonly<Record<string, string>> = {
  orders_in_review: 'Orders in review',
  open_dead_letters: 'Open dead letters',
  unprocessed_gateway_events: 'Gateway events to process',
  outbox_backlog: 'Events to pass on',
};

const KEYS = [
  ['/', 'search'],
  ['g h', 'home'],
  ['g o', 'orders'],
  ['g n', 'needs a person'],
  ['g p', 'products'],
  ['g w', 'webhooks'],
  ['g s', 'system'],
  ['?', 'this list'],
] as const;

export function systemPage(session: Session, stats: OrderStats) {
  const { breaker, scope, since, until, workers } = stats.gateway;
  return page({
    title: 'System',
    session,
    path: '/console/system',
    live: '/console/live',
    children: (
      <div class="split">
        <section>
          <h2>Payment gateway</h2>
          <div class="panel">
            <p>
              {breaker === 'closed' ? (
                <Badge tone="good">well</Badge>
              ) : (
                <Badge tone="bad">{breaker.replace('_', ' ')}</Badge>
              )}
            </p>
            <p>{gatewayWords(stats.gateway)}</p>
            {breaker === 'closed' ? null : (
              <dl>
                <dt>Concerns</dt>
                <dd>{scope === 'method' ? 'one payment method, and refunds' : 'all calls'}</dd>
                <dt>Workers</dt>
                <dd>{workers}</dd>
                <dt>Since</dt>
                <dd>{since === null ? '' : <Time at={since} />}</dd>
                <dt>Next probe</dt>
                <dd>{until === null ? 'under way' : <Time at={until} />}</dd>
              </dl>
            )}
          </div>
          <h2>Work that waits</h2>
          <Table label="Work that waits" heads={['What', 'How many']}>
            {Object.entries(stats.depths).map(([name, depth]) => (
              <tr>
                <td>{DEPTHS[name] ?? name}</td>
                <td class="number">{depth.toLocaleString('en')}</td>
              </tr>
            ))}
          </Table>
        </section>
        <section>
          <h2 id="keys">Keys</h2>
          <Table label="Keys" heads={['Key', 'Goes to']}>
            {KEYS.map(([key, what]) => (
              <tr>
                <td>
                  <kbd>{key}</kbd>
                </td>
                <td>{what}</td>
              </tr>
            ))}
          </Table>
          <h2>This session</h2>
          <div class="panel">
            <dl>
              <dt>API key</dt>
              <dd>
                {session.keyName} <span class="id">{session.keyId}</span>
              </dd>
              <dt>Scopes</dt>
              <dd>{session.scopes.join(', ')}</dd>
            </dl>
            <p>
              <a href="/docs">API documentation</a>
            </p>
          </div>
        </section>
      </div>
    ),
  });
}

function gatewayWords({ breaker }: OrderStats['gateway']): string {
  if (breaker === 'closed') return 'Every circuit breaker is closed: charges and refunds are sent.';
  if (breaker === 'half_open') return 'A call probes whether the gateway is back. Other orders wait.';
  return 'The gateway keeps failing and is not asked for now. Orders wait; no money is lost.';
}
