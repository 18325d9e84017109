import { expect, test } from '@jest/globals';
import { SETTINGS } from '../../../src/config.js';
import { API, count, ms } from '../../../src/config/kinds.js';
import { group, settingsOf } from '../../../src/config/settings.js';

test('a variable documents its range, its unit and its default automatically', () => {
  const shape = group('Pauses', { PAUSE_MS: ms(5, 1, 10).meta({ usedBy: API, description: 'A pause.' }) });
  expect(settingsOf(shape)).toEqual([
    {
      name: 'PAUSE_MS',
      group: 'Pauses',
      description: 'A pause.',
      usedBy: ['api'],
      allowed: 'a whole number from 1 to 10',
      unit: 'ms',
      secret: undefined,
      defaultText: '5',
    },
  ]);
});

test.each([
  ['without a description', group('Group', { PAUSE: count(1, 0, 2).meta({ usedBy: API }) })],
  ['that no one uses', group('Group', { PAUSE: count(1, 0, 2).meta({ description: 'A pause.' }) })],
  ['without a group', { PAUSE: count(1, 0, 2).meta({ usedBy: API, description: 'A pause.' }) }],
])('a variable %s is refused by name', (_, shape) => {
  expect(() => settingsOf(shape)).toThrow(/^PAUSE needs/);
});

test('a time says in its name that it is in milliseconds, and an amount that it is in minor units', () => {
  const suffix = new Map([
    ['ms', '_MS'],
    ['minor units', '_MINOR'],
    ['bytes', '_BYTES'],
  ]);
  const odd = SETTINGS.filter(({ unit, name }) => unit !== undefined && !name.endsWith(suffix.get(unit) ?? ''));
  const bare = SETTINGS.filter(({ unit, name }) => unit === undefined && /_(MS|MINOR|BYTES)$/.test(name));
  expect([...odd, ...bare].map(({ name }) => name)).toEqual([]);
});

test('what sounds like a secret is one', () => {
  const named = SETTINGS.filter(({ name }) => /SECRET|PASSWORD|TOKEN|API_KEY$|_URL$/.test(name));
  expect(named.length).toBeGreaterThan(2);
  expect(named.filter(({ secret }) => secret === undefined).map(({ name }) => name)).toEqual([]);
});
