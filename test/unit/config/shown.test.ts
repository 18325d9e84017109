import { describe, expect, test } from '@jest/globals';
import { HIDDEN, shown } from '../../../src/config/shown.js';

describe('a value as people see it', () => {
  test.each([
    ['postgres://shop:hunter2@db:5432/holdfast', 'postgres://shop:***@db:5432/holdfast'],
    ['postgres://shop@db/holdfast?sslmode=require', 'postgres://shop@db/holdfast?sslmode=require'],
    ['postgres://shop@db/holdfast?password=hunter2', 'postgres://shop@db/holdfast?password=***'],
    ['smtps://shop:hunter2@mail.example:465', 'smtps://shop:***@mail.example:465'],
    ['smtp://hunter2:hunter2@mail.example', 'smtp://***:***@mail.example'],
    ['http://hunter2@sandbox:4242', 'http://***@sandbox:4242/'],
    ['http://sandbox:4242', 'http://sandbox:4242/'],
  ])('is of the URL %s only %s', (value, expected) => {
    expect(shown(value, 'credentials')).toBe(expected);
  });

  test.each([
    'shop:hunter2@db',
    'host=db password=hunter2',
    'postgres://shop:1#hunter2@db/x',
    'postgres://s:1/hunter2@db',
  ])('is nothing of a URL that is none: %s', (value) => {
    expect(shown(value, 'credentials')).toBe(HIDDEN);
  });

  test('is nothing of a secret', () => {
    expect(shown('whsec_abc', 'all')).toBe('set (hidden)');
  });

  test('has one line of bounded length, whatever it is', () => {
    expect(shown('a\nb\u001B[31m\u007F\u0085\u2028', undefined)).toBe(String.raw`a\u000ab\u001b[31m\u007f\u0085\u2028`);
    expect(shown('x'.repeat(10_000), undefined)).toHaveLength(121);
  });
});
