import { describe, expect, test } from '@jest/globals';
import { runCommand } from '../support/run-command.js';

describe('holdfast config', () => {
  test('shows what each variable is and where it comes from, without secrets', async () => {
    const { code, output } = await runCommand(['config'], {
      DATABASE_URL: 'postgres://shop:hunter2@db.example/holdfast',
      SANDBOX_EVENT_SECRETS: `whsec_${'A'.repeat(44)}`,
      RETRIES: '5',
    });
    expect(code).toBe(0);
    expect(output).toMatch(
      /^PostgreSQL\n {2}DATABASE_URL +postgres:\/\/shop:\*\*\*@db\.example\/holdfast +environment$/m,
    );
    expect(output).toMatch(/^ {2}SANDBOX_EVENT_SECRETS +set \(hidden\) +environment$/m);
    expect(output).toMatch(/^ {2}SMTP_URL +not set +default$/m);
    expect(output).toMatch(/^ {2}RETRIES +5 +environment$/m);
    expect(output).toMatch(/^ {2}PORT +3000 +default$/m);
    expect(output).not.toMatch(/hunter2|AAAA/);
  });

  test('warns of what is set and not read', async () => {
    const { code, output } = await runCommand(['config'], { DATABSE_URL: 'postgres://shop:hunter2@db/holdfast' });
    expect(code).toBe(0);
    expect(output).toContain('! DATABSE_URL is not read; did you mean DATABASE_URL?');
    expect(output).not.toContain('hunter2');
  });

  test('as JSON says the same', async () => {
    const { code, output } = await runCommand(['config', '--json'], {
      PORT: '0',
      SMTP_URL: 'hunter2',
      GATEWAY_TIMEOUT: '1',
    });
    const { variables, ...rest } = JSON.parse(output) as { variables: { name: string }[] };
    expect(code).toBe(1);
    expect(rest).toEqual({
      valid: false,
      faults: [
        { name: 'PORT', given: '0', must: 'must be a whole number from 1 to 65535' },
        { name: 'SMTP_URL', given: 'set (hidden)', must: expect.stringMatching(/^must be a URL such as/) },
      ],
      warnings: ['GATEWAY_TIMEOUT is not read; did you mean GATEWAY_TIMEOUT_MS?'],
    });
    expect(variables).toContainEqual({
      name: 'RETRIES',
      group: 'Retries and deadlines',
      value: '3',
      source: 'default',
    });
  });
});

test('a command that does not speak to Temporal does not load its SDK', async () => {
  const noting = `--import ${new URL('../support/loaded-modules.mjs', import.meta.url).href}`;
  const { output } = await runCommand(['config'], { NODE_OPTIONS: noting });
  expect(output).toContain('loaded: ');
  expect(output).not.toContain('@temporalio');
});

test.each([['config'], ['up'], ['serve'], ['migrate'], ['audit']])(
  '"holdfast %s" ends at once when the configuration has faults, and names them all',
  async (command) => {
    const { code, output } = await runCommand([command], { PORT: 'http', RETRIES: '0', DATABASE_URL: 'hunter2' });
    expect(code).toBe(1);
    expect(output).toContain('PORT is "http"; it must be a whole number from 1 to 65535');
    expect(output).toContain('RETRIES is "0"; it must be a whole number from 1 to 20');
    expect(output).toContain('DATABASE_URL is set to something else (hidden); it must be a URL such as postgres://');
    expect(output).not.toContain('hunter2');
  },
);

test('"holdfast serve" names all servers that are not configured in one message', async () => {
  const { code, output } = await runCommand(['serve'], { TEMPORAL_ADDRESS: 'temporal:7233' });
  expect(code).toBe(1);
  expect(output).toContain('Not set: DATABASE_URL, SANDBOX_URL');
});

test.each([['keys', 'list'], ['seed']])('"holdfast %s" says what an empty database needs', async (...command) => {
  const { code, output } = await runCommand(command.filter(Boolean), {
    DATABASE_URL: process.env['HOLDFAST_IT_POSTGRES_URL'] ?? '',
  });
  expect([code, output]).toEqual([1, '✖ the database has another schema; run "holdfast migrate" first\n']);
});

test('a host with several addresses is reported in words too', async () => {
  const { output } = await runCommand(['keys', 'list'], { DATABASE_URL: 'postgres://localhost:1/shop' });
  expect(output).toMatch(/^✖ PostgreSQL at localhost:1: connect ECONNREFUSED \S+; is it running/);
});

test.each([['keys', 'list'], ['migrate'], ['seed'], ['audit']])(
  '"holdfast %s" says which server does not answer',
  async (...command) => {
    const away = { DATABASE_URL: 'postgres://shop:hunter2@127.0.0.1:1/shop', TEMPORAL_ADDRESS: '127.0.0.1:1' };
    const { code, output } = await runCommand(command, away);
    expect(code).toBe(1);
    const server = command[0] === 'audit' ? 'Temporal at 127.0.0.1:1' : 'PostgreSQL at 127.0.0.1:1';
    expect(output).toContain(`✖ ${server}: `);
    expect(output).not.toContain('hunter2');
  },
);
