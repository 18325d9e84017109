import { expect, it } from '@jest/globals';
import { subjectOf } from '../../../src/domain/subject.js';

it.each([
  ['an order', { orderId: 'a', requestId: 'r', customerEmail: 'x@example.com' }, { order_id: 'a', request_id: 'r' }],
  ['what works on an order', { order: { orderId: 'a', requestId: 'r' }, ttlMs: 1 }, { order_id: 'a', request_id: 'r' }],
  ['what names an order', { orderId: 'a', refundId: 'b' }, { order_id: 'a' }],
  ['what is about no order', { gateway: 'sandbox', eventId: 'e' }, {}],
  ['what has an order that is none', { order: null, orderId: 'a' }, { order_id: 'a' }],
  ['ids that are no text', { orderId: 1, requestId: {} }, {}],
  ['nothing', undefined, {}],
  ['null', null, {}],
  ['a text', 'orderId', {}],
])('finds the ids in %s', (_, input, subject) => {
  expect(subjectOf(input)).toEqual(subject);
});
