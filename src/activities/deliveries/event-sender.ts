/** One message to one endpoint, before it is signed. */
export interface OutgoingMessage {
  /** The same for every try of this message; receivers dedupe by it (`webhook-id` of Standard Webhooks). */
  messageId: string;
  url: string;
  /** Every active secret signs, so that receivers can rotate theirs. */
  secrets: readonly string[];
  body: string;
}

/**
 * The outcome of one try. `gone`: the receiver wants no more (410). `not_sent`: no address of it may be called.
 * `response` is the first kilobyte of the answer's body, when it has one.
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
  /** Why a URL can never be called, in words; undefined when it may be. Resolves no name. */
  refuse(url: string): string | undefined;
}
