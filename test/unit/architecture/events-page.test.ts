import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Webhook } from 'standardwebhooks';
import { jsonSchemas } from '../../../src/api/webhooks/event-schema.js';
import { PUBLIC_EVENT_TYPES } from '../../../src/domain/public-event.js';
import { readText } from './tree.js';

const run = promisify(execFile);
const page = readText('docs/events.md');
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const snippet = (language: string) => new RegExp('```' + language + '\\n([\\s\\S]*?)```').exec(page)?.[1] ?? '';

function message(sentAt = new Date()) {
  const body = JSON.stringify({ type: 'webhook.test', timestamp: sentAt.toISOString(), data: { schema_version: 1 } });
  const headers = {
    'webhook-id': 'evt_test-1',
    'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
    'webhook-signature': `v1,AAAA ${new Webhook(SECRET).sign('evt_test-1', sentAt, body)}`,
  };
  return { body, headers };
}

describe('docs/events.md', () => {
  test('has the schemas that the code has: "npm run docs" writes them', async () => {
    const script = '../../../scripts/events-page.mjs';
    const { withSchemas } = (await import(script)) as { withSchemas(page: string, schemas: unknown): string };
    expect(withSchemas(page, jsonSchemas())).toBe(page);
    expect(page.match(/```json/g)).toHaveLength(jsonSchemas().length);
  });

  test('names every type in its table', () => {
    for (const type of PUBLIC_EVENT_TYPES) expect(page).toMatch(new RegExp(`^\\| \`${type}\` `, 'm'));
  });

  test('has an example that its schema allows', () => {
    const [, json = ''] = /\n(\{"type":"order\.confirmed"[\s\S]*?)```/.exec(page) ?? [];
    const schema = jsonSchemas().find(({ types }) => types.includes('order.confirmed'))?.schema;
    const validate = new Ajv2020({ formats: { 'date-time': true } }).compile(schema as object);
    expect(validate(JSON.parse(json.replaceAll('\n', '')))).toBe(true);
  });

  test('verifies with the library as it says', () => {
    const source = snippet('ts')
      .replace(/import .*\n/, '')
      .replace('export ', '')
      .replaceAll(/: (?:string|unknown|Record<string, string>)(?=[,) ])/g, '');
    // oxlint-disable-next-line no-new-func no-implied-eval typescript/no-implied-eval -- what the page says is what is run
    const verified = new Function('Webhook', `${source}; return verified;`)(Webhook) as (...args: unknown[]) => unknown;
    const { body, headers } = message();
    expect(verified(body, headers, SECRET)).toEqual(JSON.parse(body));
    expect(() => verified(`${body} `, headers, SECRET)).toThrow('No matching signature found');
  });

  test('verifies in Python as it says', async () => {
    const check = async ({ body, headers }: ReturnType<typeof message>) => {
      const call = `\nimport sys\nprint(verified(sys.argv[1].encode(), json.loads(sys.argv[2]), sys.argv[3])["type"])`;
      const args = ['-c', snippet('python') + call, body, JSON.stringify(headers), SECRET];
      return (await run('python3', args, { timeout: 20_000 })).stdout.trim();
    };
    expect(await check(message())).toBe('webhook.test');
    await expect(check({ ...message(), body: '{}' })).rejects.toThrow('no signature holds');
    await expect(check(message(new Date(Date.now() - 400_000)))).rejects.toThrow('too old');
  });
});
