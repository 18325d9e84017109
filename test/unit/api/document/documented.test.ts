import { describe, expect, test } from '@jest/globals';
import { apiDocument, createAnswerCheck } from '../../../support/documented.js';
import { openDesk } from '../desk.js';

const check = createAnswerCheck(apiDocument());
const JSON_HEADERS = { 'content-type': 'application/json', 'x-request-id': 'r-1' };
const answered = (status: number, headers: Record<string, string> = {}) => ({
  status,
  headers: new Headers({ ...JSON_HEADERS, ...headers }),
});

describe('an answer as documented', () => {
  const LEVEL = { sku: 'pen', on_hand: 3, reserved: 1, available: 2 };
  const PATH = '/v1/products/pen/stock-adjustments';
  const adjusted = (status: number, body: object, headers?: Record<string, string>) => () =>
    check('POST', PATH, answered(status, headers), JSON.stringify(body));

  test('passes', () => {
    expect(adjusted(201, LEVEL)).not.toThrow();
    expect(adjusted(200, LEVEL, { 'Idempotency-Replayed': 'true' })).not.toThrow();
  });

  test.each([
    ['a status that is not there', adjusted(202, LEVEL), /the status 202 is not documented/],
    ['a field that is missing', adjusted(201, { ...LEVEL, reserved: undefined }), /required property 'reserved'/],
    ['a field of another type', adjusted(201, { ...LEVEL, reserved: '1' }), /\/reserved must be integer/],
    ['a field that is not there', adjusted(201, { ...LEVEL, colour: 'red' }), /"additionalProperty":"colour"/],
    ['a header that is missing', adjusted(200, LEVEL), /the header Idempotency-Replayed is missing/],
    ['a header that is not there', adjusted(201, LEVEL, { ETag: '"1"' }), /the header ETag is not documented/],
    ['another type', adjusted(201, LEVEL, { 'content-type': 'text/html' }), /its type is text\/html/],
    ['a code of another problem', adjusted(409, {}, { 'content-type': 'application/problem+json' }), /'code'/],
  ])('is not one with %s', (_what, trial, fault) => {
    expect(trial).toThrow(fault);
    expect(trial).toThrow('POST /v1/products/pen/stock-adjustments answered');
  });

  test('is not a body where none is due', () => {
    expect(() => check('DELETE', '/v1/products/pen', answered(204), '')).not.toThrow();
    expect(() => check('DELETE', '/v1/products/pen', answered(204), '{}')).toThrow('it has a body');
  });

  test('of a route that is not there is a problem', () => {
    expect(() => check('GET', '/v1/nothing', answered(200), '{}')).toThrow('there is no such route');
    expect(() => check('PUT', '/v1/orders', answered(200), '{}')).toThrow('there is no such route');
  });
});

test('every code that a problem is documented with is one that the checker looks at', async () => {
  const desk = openDesk();
  const { body, headers } = await desk.get('/v1/orders/missing');
  const wrong = { ...body, code: 'order-conflict' };
  expect(() => check('GET', '/v1/orders/missing', { status: 404, headers }, JSON.stringify(wrong))).toThrow('/code');
});
