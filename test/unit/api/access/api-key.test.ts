import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { formatApiKey, hashOf, mintApiKey, parseApiKey } from '../../../../src/api/access/api-key.js';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'.split('');
const digit = fc.constantFrom(...DIGITS);
const parts = fc.tuple(
  fc.string({ unit: digit, minLength: 10, maxLength: 10 }),
  fc.string({ unit: digit, minLength: 32, maxLength: 32 }),
);
const key = parts.map(([id, secret]) => formatApiKey(id, secret));

describe('an API key', () => {
  test('is hf_ and 48 letters and digits, so that a double click and a secret scanner find all of it', () => {
    expect(mintApiKey().text).toMatch(/^hf_[0-9A-Za-z]{48}$/);
  });

  test('has its checksum from all before it', () => {
    expect(formatApiKey('0123456789', 'a'.repeat(32)).text).toMatch(/^hf_0123456789a{32}[0-9A-Za-z]{6}$/);
  });

  test('is new each time', () => {
    const keys = Array.from({ length: 500 }, () => mintApiKey());
    expect(new Set(keys.map(({ id }) => id)).size).toBe(500);
    expect(new Set(keys.map(({ text }) => text.slice(13, 45))).size).toBe(500);
  });

  test('is read back as it was written', () => {
    fc.assert(
      fc.property(parts, ([id, secret]) => {
        const written = formatApiKey(id, secret);
        expect(parseApiKey(written.text)).toEqual({ id, text: written.text });
      }),
    );
  });

  test('with one character mistyped is none', () => {
    fc.assert(
      fc.property(key, fc.nat({ max: 47 }), digit, ({ text }, place, other) => {
        const at = place + 3;
        fc.pre(text[at] !== other);
        expect(parseApiKey(`${text.slice(0, at)}${other}${text.slice(at + 1)}`)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  test('with two neighbors swapped is none', () => {
    fc.assert(
      fc.property(key, fc.nat({ max: 46 }), ({ text }, place) => {
        const at = place + 3;
        fc.pre(text[at] !== text[at + 1]);
        const swapped = `${text.slice(0, at)}${text[at + 1]}${text[at]}${text.slice(at + 2)}`;
        expect(parseApiKey(swapped)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  test('is no other text, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ unit: digit })), (text) => {
        expect(parseApiKey(text)).toBeUndefined();
        expect(parseApiKey(`hf_${text}`)).toBeUndefined();
      }),
    );
  });

  test.each([
    ['a line break', (text: string) => `${text}\n`],
    ['a blank', (text: string) => ` ${text}`],
    ['another prefix', (text: string) => text.replace('hf_', 'HF_')],
    ['its end cut off', (text: string) => text.slice(0, -1)],
    ['a letter that is not ASCII', (text: string) => text.replace(/.$/, 'ä')],
  ])('with %s is none', (_what, change) => {
    expect(parseApiKey(change(mintApiKey().text))).toBeUndefined();
  });

  test('has a hash of 32 bytes that identifies it and does not contain it', () => {
    const [one, other] = [mintApiKey(), mintApiKey()];
    expect(hashOf(one)).toHaveLength(32);
    expect(hashOf(one).equals(hashOf(other))).toBe(false);
    expect(hashOf(one).equals(hashOf({ ...one }))).toBe(true);
  });

  test.each([
    ['short', 'x'.repeat(32)],
    ['0123456789', 'short'],
  ])('is not made of the parts %s and %s', (id, secret) => {
    expect(() => formatApiKey(id, secret)).toThrow(RangeError);
  });
});
