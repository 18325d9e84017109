import { describe, expect, test } from '@jest/globals';
import { SETTINGS } from '../../../src/config.js';
import { straysAmong, strayText } from '../../../src/config/misspelt.js';

const known = SETTINGS.map(({ name }) => name);

describe('a variable that nothing reads', () => {
  test.each([
    ['DATABSE_URL', 'DATABASE_URL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['TEMPORAL_ADRESS', 'TEMPORAL_ADDRESS'],
    ['TEMPORAL_NAMESPCAE', 'TEMPORAL_NAMESPACE'],
    ['GATEWAY_TIMEOUT', 'GATEWAY_TIMEOUT_MS'],
    ['DRAIN_TIMEOUT_SEC', 'DRAIN_TIMEOUT_MS'],
    ['RETIRES', 'RETRIES'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['log_level', 'LOG_LEVEL'],
    ['port', 'PORT'],
    ['HOLDFAST_HOM', 'HOLDFAST_HOME'],
  ])('and is called %s was probably meant as %s', (name, meant) => {
    expect(straysAmong([name], known)).toEqual([{ name, meant }]);
  });

  test('but has our prefix is named, near to another or not', () => {
    expect(straysAmong(['HOLDFAST_COLOUR'], known).map(strayText)).toEqual(['HOLDFAST_COLOUR is not read']);
  });

  test.each([
    'PATH',
    'HOME',
    'POST',
    'HOSTS',
    'HOSTNAME',
    'HOSTTYPE',
    'SHELL',
    'SMTP_HOST',
    'DATABASE_HOST',
    'LOGNAME',
    'TERM',
    'TEMPORAL_API_KEY',
    'TEMPORAL_CLI_ADDRESS',
    'POSTGRES_PASSWORD',
    'POSTGRES_DB',
    'SHOP_ID',
    'NODE_OPTIONS',
  ])('is of no concern when it is %s', (name) => {
    expect(straysAmong([name], known)).toEqual([]);
  });

  test('is none of those that are read', () => {
    expect(straysAmong(known, known)).toEqual([]);
  });
});
