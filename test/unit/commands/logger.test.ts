import { expect, it } from '@jest/globals';
import { loggingInto } from '../../../src/commands/logger.js';

function logged(fields: object): string {
  let text = '';
  loggingInto({ write: (line) => (text += line) }).info(fields, 'something happened');
  return text;
}

it.each([
  'authorization',
  'password',
  'secret',
  'token',
  'api_key',
  'cookie',
  'customer_email',
  'email',
  'customer_phone',
  'shipping_address',
  'billing_address',
])('hides %s, on the first level and below', (name) => {
  for (const fields of [
    { [name]: 'canary-7f3' },
    { a: { [name]: 'canary-7f3' } },
    { a: { b: { [name]: 'canary-7f3' } } },
  ]) {
    expect(logged(fields)).not.toContain('canary');
    expect(logged(fields)).toContain('[hidden]');
  }
});

it.each(['detail', 'where', 'internalQuery'])('keeps what an error of the database quotes to itself: %s', (name) => {
  const message = 'new row for relation "orders" violates check constraint "orders_check"';
  const error = Object.assign(new Error(message), { code: '23514', [name]: 'Failing row contains (canary-7f3)' });
  for (const err of [error, new Error('it failed', { cause: error }), new AggregateError([error], 'all failed')]) {
    expect(logged({ err })).not.toContain('canary');
    expect(logged({ err })).toContain('violates check constraint');
  }
  expect(logged({ err: error })).toContain('23514');
});

it('writes one JSON object per line, with a time and the message', () => {
  const line = JSON.parse(logged({ order_id: 'order-1' }));
  expect(line).toMatchObject({ order_id: 'order-1', msg: 'something happened' });
  expect(Date.parse(line.time)).not.toBeNaN();
});
