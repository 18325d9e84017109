import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { repeatedMember } from '../../../../src/api/requests/repeated-member.js';
import { checkout, openShop, problem } from '../shop.js';

describe('a member that stands twice', () => {
  test.each([
    ['{"a":1,"a":1}', '/a'],
    ['{"a":1,"b":{"c":[{"d":1},{"d":1,"e":2,"d":3}]}}', '/b/c/1/d'],
    ['[[],{"x":{},"x":[]}]', '/1/x'],
    ['{"a":1,"\\u0061":2}', '/a'],
    ['{"a/b~":1, "a/b~" :2}', '/a~1b~0'],
    ['{"":1,"":2}', '/'],
    ['{"__proto__":1,"__proto__":2}', '/__proto__'],
    ['{"a":"\\"b\\":1","b":1,"b":"}"}', '/b'],
  ])('is found in %s', (text, at) => expect(repeatedMember(text)).toBe(at));

  test.each([
    '{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}',
    '{"a":"a","b":"a","c":["a","a"]}',
    '["a","a",":",":"]',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '"a:a"',
    '1',
    '[]',
  ])('is not found in %s', (text) => expect(repeatedMember(text)).toBeUndefined());

  test('is in no text that JSON.stringify makes', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 4 }), (text) => expect(repeatedMember(text)).toBeUndefined()));
  });

  test('is refused in a checkout, wherever it stands', async () => {
    const shop = openShop();
    const text = JSON.stringify(checkout({ total_minor: 10_790 })).replace('"quantity":2', '"quantity":2,"quantity":1');
    const answer = await shop.send(text);
    expect(answer).toMatchObject(problem(422, 'validation-error'));
    expect(answer.body['errors']).toEqual([
      { pointer: '/items/0/quantity', detail: 'appears more than once; send it once' },
    ]);
    expect(shop.calls).toEqual([]);
  });
});
