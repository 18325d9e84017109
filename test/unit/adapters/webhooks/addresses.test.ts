import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { mayBeCalled } from '../../../../src/adapters/webhooks/addresses.js';

const RULE = { secure: true, allowPrivate: false };

const bytes = (count: number) => fc.array(fc.nat({ max: 255 }), { minLength: count, maxLength: count });
// Half of them below a prefix that something special begins with: chance alone would hardly ever hit one.
const PREFIXES = [
  [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255],
  [0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0],
  [0, 0x64, 0xff, 0x9b],
  [0x20, 0x01],
  [0x20, 0x01, 0x0d, 0xb8],
  [0x20, 0x02],
  [0x3f, 0xff],
  [0xfe, 0x80],
  [0xfc],
  [0xff],
];
const v6 = fc
  .tuple(fc.constantFrom([], ...PREFIXES), bytes(16))
  .map(([prefix, rest]) => [...prefix, ...rest.slice(prefix.length)]);
const v4 = fc
  .tuple(fc.constantFrom([], [0], [10], [100], [127], [169, 254], [172], [192], [192, 168], [198], [224]), bytes(4))
  .map(([prefix, rest]) => [...prefix, ...rest.slice(prefix.length)]);
const addresses = fc.oneof(v4, v6).map((octets) => ipaddr.fromByteArray(octets));

test('no address that is not unicast may be called, however it is written', () => {
  fc.assert(
    fc.property(addresses, (address) => {
      if (address.range() === 'unicast') return;
      for (const text of [address.toString(), address.toNormalizedString()])
        expect(mayBeCalled(text, RULE)).toBe(false);
    }),
    { numRuns: 5_000 },
  );
});

test('nothing but IPv4 and the public part of IPv6 may be called', () => {
  fc.assert(
    fc.property(addresses, (address) => {
      const isOpen = mayBeCalled(address.toString(), RULE);
      const isPublic = address instanceof ipaddr.IPv4 || (address.toByteArray()[0] ?? 0) >> 5 === 1;
      expect(isOpen && !isPublic).toBe(false);
    }),
    { numRuns: 5_000 },
  );
});

test('without TLS no public address may be called, and without leave no private one', () => {
  fc.assert(
    fc.property(addresses, fc.boolean(), (address, allowPrivate) => {
      const text = address.toString();
      const plain = mayBeCalled(text, { secure: false, allowPrivate });
      expect(plain && address.range() === 'unicast').toBe(false);
      expect(plain && !allowPrivate).toBe(false);
    }),
    { numRuns: 5_000 },
  );
});

test('public addresses may be called', () => {
  for (const address of ['1.1.1.1', '93.184.216.34', '2606:4700::1111', '2a00:1450:4001::1']) {
    expect(mayBeCalled(address, RULE)).toBe(true);
  }
});

test('a text that is no address may not be called', () => {
  for (const text of ['', 'localhost', '127.1', '0x7f000001', '1.1.1.1 ', '[::1]', '1.1.1.1/8']) {
    expect(mayBeCalled(text, { secure: true, allowPrivate: true })).toBe(false);
  }
});
