import { expect, it } from '@jest/globals';
import { loggingInto } from '../../../src/commands/logger.js';

function logged(fields: object): string {
  let text = '';
  loggingInto({ write: (line) => (text += line) }).info(fields, 'something happened');
  return text;
}

it.each(['authorization', 'password', 'secret', 'token', 'api_key', 'cookie', 'customer_email', 'email'])(
  'hides %s, on the first level and below',
  (name) => {
    for (const fields of [
      { [name]: 'canary-7f3' },
      { a: { [name]: 'canary-7f3' } },
      { a: { b: { [name]: 'canary-7f3' } } },
    ]) {
      expect(logged(fields)).not.toContain('canary');
      expect(logged(fields)).toContain('[hidden]');
    }
  },
);

it('writes one JSON object a line, with a time and the message', () => {
  const line = JSON.parse(logged({ order_id: 'order-1' }));
  expect(line).toMatchObject({ order_id: 'order-1', msg: 'something happened' });
  expect(Date.parse(line.time)).not.toBeNaN();
});
