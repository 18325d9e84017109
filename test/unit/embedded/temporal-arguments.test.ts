import { describe, expect, it } from '@jest/globals';
import { temporalArguments } from '../../../src/embedded/temporal-arguments.js';

const options = {
  directory: '/data/temporal',
  port: 7233,
  uiPort: 8233,
  namespace: 'shop',
  searchAttributes: { OrderOutcome: 'Keyword' },
};

function valuesOf(flag: string, args: readonly string[]): string[] {
  return args.flatMap((arg, at) => (args[at - 1] === flag ? [arg] : []));
}

describe('the command line of the development server', () => {
  it('puts its data on a file that is synced on every commit, and listens on loopback', () => {
    const args = temporalArguments(options);
    expect(valuesOf('--db-filename', args)).toEqual(['/data/temporal/temporal.db']);
    expect(valuesOf('--sqlite-pragma', args)).toEqual(['journal_mode=wal', 'synchronous=full']);
    expect(valuesOf('--ip', args)).toEqual(['127.0.0.1']);
    expect(valuesOf('--search-attribute', args)).toEqual(['OrderOutcome=Keyword']);
  });

  it('polls its queues without delay and has no low rate limits, all as integers', () => {
    const values = valuesOf('--dynamic-config-value', temporalArguments(options));
    expect(values).toContain('history.transferProcessorMaxPollRPS=1000');
    expect(values).toContain('frontend.namespaceRPS=100000');
    expect(values.filter((value) => !/=(\d+|true|false)$/.test(value))).toEqual([]);
  });

  it('is a plain development server when it is not tuned', () => {
    const values = valuesOf('--dynamic-config-value', temporalArguments({ ...options, tuned: false }));
    expect(values).toEqual(['frontend.enableServerVersionCheck=false']);
  });

  it('lets further values win over its own', () => {
    const args = temporalArguments({ ...options, extraDynamicConfig: { 'history.rps': 5, 'a.name': 'text' } });
    const values = valuesOf('--dynamic-config-value', args);
    expect(values).toContain('history.rps=5');
    expect(values).not.toContain('history.rps=100000');
    expect(values).toContain('a.name="text"');
  });
});
