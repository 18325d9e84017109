import type { EndpointStore } from '../api/webhooks/webhook-endpoints.js';
import type { ApiLog } from '../api/requests/api-log.js';
import type { DeadLetterDecisionStore } from '../api/dead-letters/dead-letter-ports.js';
import type { KeyVerifier } from '../api/access/key-verifier.js';
import type { OrderEventReader } from '../api/orders/order-events.js';
import type { OrderFollowers } from '../api/orders/stream/order-followers.js';
import type { OrderListReader } from '../api/orders/order-list.js';
import type { ProductStore } from '../api/catalog/products.js';
import type { StatsReader } from '../api/stats.js';
import type { StockStore } from '../api/catalog/stock.js';
import type { WebhookDeliveryStore } from '../api/webhooks/webhook-deliveries.js';
import type { Actor } from '../domain/actor.js';
import type { OrderRecord } from '../domain/order-record.js';
import type { Scope } from '../domain/scopes.js';
import type { OrderWorkflows } from '../temporal/start-checkout.js';

/** Whose session it is. */
export interface SessionKey {
  keyId: string;
  keyName: string;
  scopes: readonly Scope[];
}

/** Sessions by the hash of their token. Throws `Unavailable` when the database is unavailable. */
export interface SessionStore {
  open(tokenHash: Buffer, keyId: string, expiresAt: Date): Promise<void>;
  /** Undefined once it is closed or expired, or its key is. */
  find(tokenHash: Buffer): Promise<SessionKey | undefined>;
  close(tokenHash: Buffer): Promise<void>;
}

/** What came of an action: undefined, or why it was refused, in words. */
export type Refused = string | undefined;

/** What the routes of the API do, without HTTP. Each throws `Unavailable` when a dependency is unavailable. */
export interface ConsoleActions {
  cancel(orderId: string, reason: string, actor: Actor): Promise<Refused>;
  refund(
    orderId: string,
    refund: { key: string; amountMinor: number | undefined; reason: string; restock: boolean },
    actor: Actor,
  ): Promise<Refused>;
  fulfill(orderId: string, actor: Actor): Promise<Refused>;
  review(orderId: string, decision: 'approve' | 'reject', actor: Actor): Promise<Refused>;
  redrive(letterId: string, actor: Actor): Promise<Refused>;
  discard(letterId: string, note: string, actor: Actor): Promise<Refused>;
  giveEvidence(
    letterId: string,
    said: { happened: boolean; reference: string; note: string },
    actor: Actor,
  ): Promise<Refused>;
  adjustStock(sku: string, change: { delta: number; reason: string; key: string }, actor: Actor): Promise<Refused>;
  resend(deliveryId: string): Promise<Refused>;
}

export interface ConsolePorts {
  verifier: KeyVerifier;
  sessions: SessionStore;
  /** The order's row, or what its workflow was started with. */
  findOrder(orderId: string): Promise<OrderRecord | undefined>;
  trail: OrderEventReader;
  lists: OrderListReader;
  stats: StatsReader;
  deadLetters: Pick<DeadLetterDecisionStore, 'list' | 'find'>;
  products: Pick<ProductStore, 'list' | 'find'>;
  stock: Pick<StockStore, 'movements'>;
  endpoints: Pick<EndpointStore, 'list'>;
  webhookDeliveries: Pick<WebhookDeliveryStore, 'list'>;
  workflows: Pick<OrderWorkflows, 'pagesOf'>;
  followers: Pick<OrderFollowers, 'follow'>;
  actions: ConsoleActions;
  log: ApiLog;
}
