import {
  isGrpcServiceError,
  NamespaceNotFoundError,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import pTimeout from 'p-timeout';
import { Unavailable } from '../domain/unavailable.js';

/** Runs calls to Temporal that must answer in time; {@link Unavailable} when it is unavailable or too slow. */
export type Bounded = <T>(call: () => Promise<T>, ms?: number) => Promise<T>;

export function boundedBy(client: Client, deadlineMs: number): Bounded {
  return (call, ms = deadlineMs) => orUnavailable(within(ms, client.withDeadline(Date.now() + ms, call)));
}

/**
 * A workflow may close, or be started by another request, while it is called: the call is then made again, up to this
 * often.
 */
export const RACES = 3;

const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
const NO_NAMESPACE = /^Namespace .* is not found/;
// gRPC codes of a server that is unavailable, overloaded or late (cancelled, deadline, exhausted, aborted, unavailable), or
// that refuses this process for now (permission denied, unauthenticated).
const UNAVAILABLE_CODES = [1, 4, 8, 10, 14, 7, 16];

/** No workflow with this id is running, or there never was one. */
export function isNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || grpcCode(error) === NOT_FOUND;
}

export function isAlreadyStarted(error: unknown): boolean {
  return error instanceof WorkflowExecutionAlreadyStartedError || grpcCode(error) === ALREADY_EXISTS;
}

/** A native connection's own retries outlive the deadline of a call. */
async function within<T>(ms: number, call: Promise<T>): Promise<T> {
  const fallback = (): never => {
    throw new Unavailable('temporal', new Error(`no answer within ${ms} ms`));
  };
  return pTimeout(call, { milliseconds: ms, fallback });
}

async function orUnavailable<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw isUnavailable(error) ? new Unavailable('temporal', error) : error;
  }
}

function isUnavailable(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isNamespaceMissing(error)) return true;
  return UNAVAILABLE_CODES.includes(grpcCode(error) ?? -1);
}

/** Then nothing is known about workflows, not even that there is none. */
export function isNamespaceMissing(error: unknown): boolean {
  if (error instanceof NamespaceNotFoundError) return true;
  return grpcCode(error) === NOT_FOUND && error instanceof Error && NO_NAMESPACE.test(error.message);
}

/** The client wraps some gRPC errors and not others. */
function grpcCode(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof ServiceError && isGrpcServiceError(error.cause) ? error.cause.code : undefined;
}
