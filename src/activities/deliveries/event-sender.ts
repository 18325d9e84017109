/** One message to one endpoint, before it is signed. */
export interface OutgoingMessage {
  /** The same for every try of this message; receivers deduplicate by it (`webhook-id` of Standard Webhooks). */
  messageId: string;
  url: string;
  /** Messages are signed with every active secret, so that receivers can rotate theirs. */
  secrets: readonly string[];
  body: string;
}

/**
 * The outcome of one try. `gone`: the receiver wants no more events (410). `not_sent`: none of its addresses may be
 * called. `response` is the first kilobyte of the answer's body, if there is one.
 */
export type SendResult =
  | { kind: 'accepted'; statusCode: number; latencyMs: number; response?: string }
  | { kind: 'refused'; statusCode: number; detail: string; latencyMs: number; retryAfterMs?: number; response?: string }
  | { kind: 'gone'; statusCode: number; detail: string; latencyMs: number; response?: string }
  | { kind: 'no_answer'; detail: string; latencyMs: number }
  | { kind: 'not_sent'; detail: string; latencyMs: number };

/** Sends signed messages to addresses chosen by others. Never throws because of the receiver. */
export interface EventSender {
  send(message: OutgoingMessage, options: { timeoutMs: number; signal: AbortSignal }): Promise<SendResult>;
  /** Why a URL can never be called, in words; undefined if it may be. Does not resolve names. */
  refuse(url: string): string | undefined;
}
