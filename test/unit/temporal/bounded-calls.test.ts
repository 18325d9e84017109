import { expect, test } from '@jest/globals';
import { Client, ServiceError } from '@temporalio/client';
import { boundedBy } from '../../../src/temporal/bounded-calls.js';
import { Unavailable } from '../../../src/domain/unavailable.js';

/** As gRPC reports it. */
const grpcError = (code: number) => Object.assign(new Error('from the server'), { code, details: 'x', metadata: {} });

const outcomeOf = async (error: Error): Promise<unknown> => {
  const client = Object.create(Client.prototype, {
    withDeadline: { value: async (_until: number, call: () => Promise<unknown>) => call() },
  }) as Client;
  return boundedBy(
    client,
    1_000,
  )(async () => {
    throw error;
  }).catch((thrown: unknown) => thrown);
};

test.each([
  ['is unavailable', 14],
  ['is too late', 4],
  ['is overloaded', 8],
  ['does not permit the call', 7],
  ['does not know who calls', 16],
])('a server that %s is a dependency that is unavailable, however the client wraps it', async (_what, code) => {
  const error = grpcError(code);
  const wrapped = new ServiceError('failed', { cause: error });
  for (const one of [error, wrapped]) {
    const outcome = await outcomeOf(one);
    expect(outcome).toBeInstanceOf(Unavailable);
    expect(outcome).toMatchObject({ dependency: 'temporal', cause: one });
  }
});

test.each([
  ['an argument that the server refuses', 3],
  ['a workflow that does not exist', 5],
])('%s is a fault or an answer', async (_what, code) => {
  const error = grpcError(code);
  expect(await outcomeOf(error)).toBe(error);
});
