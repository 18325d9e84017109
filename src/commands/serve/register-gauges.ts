import { createBookGauges } from '../../adapters/postgres/gauges.js';
import type { Database } from '../../adapters/postgres/pool.js';
import type { Metrics } from '../../adapters/prometheus/metrics.js';
import type { BreakerState } from '../../adapters/gateways/breaker.js';
import type { OutboxStore } from '../../relay/relay-ports.js';
import type { OrderFollowers } from '../../api/orders/stream/order-followers.js';

/** Gauges about the database. Every process shows the same values, so use their maximum, never their sum. */
export function addBookGauges(metrics: Metrics, database: Database): void {
  const books = createBookGauges(database);
  metrics.addGauge({
    name: 'holdfast_dead_letters_open',
    help: 'Dead letters that wait for a person, by kind; the same in every process',
    labels: ['kind'],
    read: async () => (await books.openDeadLetters()).map(({ kind, count }) => ({ labels: { kind }, value: count })),
  });
  metrics.addGauge({
    name: 'holdfast_gateway_events_waiting',
    help: 'Gateway events that are not processed yet; the same in every process',
    read: async () => [{ value: await books.waitingGatewayEvents() }],
  });
  metrics.addGauge({
    name: 'holdfast_database_connections',
    help: 'Connections of this process to PostgreSQL, and requests that wait for one',
    labels: ['state'],
    read: () => books.connections().map(({ state, count }) => ({ labels: { state }, value: count })),
  });
}

export function addBreakerGauge(metrics: Metrics, gateway: string, state: () => BreakerState): void {
  metrics.addGauge({
    name: 'holdfast_gateway_breaker_open',
    help: 'The circuit breaker of this process: 1 open, 0.5 half-open, 0 closed',
    labels: ['gateway'],
    read: () => [{ labels: { gateway }, value: { open: 1, half_open: 0.5, closed: 0 }[state()] }],
  });
}

export function addStreamGauge(metrics: Metrics, followers: Pick<OrderFollowers, 'count'>): void {
  metrics.addGauge({
    name: 'holdfast_streams_open',
    help: 'Clients that follow an order live',
    read: () => [{ value: followers.count }],
  });
}

/** The relay's backlog; the same in every process. */
export function addOutboxGauges(metrics: Metrics, outbox: Pick<OutboxStore, 'backlog'>): void {
  metrics.addGauge({
    name: 'holdfast_outbox_backlog',
    help: 'Events in the outbox that are not handed on yet; the same in every process',
    read: async () => [{ value: (await outbox.backlog()).rows }],
  });
  metrics.addGauge({
    name: 'holdfast_outbox_oldest_seconds',
    help: 'Age of the oldest event in the outbox; the same in every process',
    read: async () => [{ value: (await outbox.backlog()).oldestAgeMs / 1000 }],
  });
}
