import { expect, it } from '@jest/globals';
import { createMetrics } from '../../../../src/adapters/prometheus/metrics.js';
import { Problem } from '../../../../src/api/requests/problems.js';
import type { AnsweredRequest } from '../../../../src/api/requests/request-observer.js';
import { loggingInto } from '../../../../src/commands/logger.js';
import { observedRequests } from '../../../../src/commands/serve/observed-requests.js';

const REQUEST: AnsweredRequest = {
  method: 'POST',
  route: '/v1/orders/:id/cancel',
  status: 409,
  seconds: 0.0123,
  path: '/v1/orders/order-1/cancel',
  requestId: 'request-1',
};

function lineOf(request: AnsweredRequest): Record<string, unknown> {
  const written: string[] = [];
  observedRequests(createMetrics(), loggingInto({ write: (line) => written.push(line) }))(request);
  expect(written).toHaveLength(1);
  return JSON.parse(written[0] ?? '{}') as Record<string, unknown>;
}

it('writes who asked for what, about which order, and which problem it met', () => {
  const error = new Problem('not-cancellable', 'It is ada@example.com who wants it.');
  const line = lineOf({ ...REQUEST, orderId: 'order-1', keyId: '0123456789', error });
  expect(line).toMatchObject({
    msg: 'answered',
    request_id: 'request-1',
    order_id: 'order-1',
    key_id: '0123456789',
    method: 'POST',
    route: '/v1/orders/:id/cancel',
    status: 409,
    problem: 'not-cancellable',
    ms: 12,
  });
  expect(JSON.stringify(line)).not.toContain('ada@');
});

it('names no problem for a fault of ours, whose words are elsewhere in the log, and no key where there was none', () => {
  const line = lineOf({ ...REQUEST, status: 500, error: new Error('connect 10.0.0.7') });
  expect(line).toMatchObject({ status: 500 });
  expect(Object.keys(line)).not.toEqual(expect.arrayContaining(['problem']));
  expect(Object.keys(line)).not.toEqual(expect.arrayContaining(['key_id']));
  expect(JSON.stringify(line)).not.toContain('10.0.0.7');
});
