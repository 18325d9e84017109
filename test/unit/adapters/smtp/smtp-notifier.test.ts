import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createSmtpNotifier } from '../../../../src/adapters/smtp/smtp-notifier.js';
import { openMailServer, type MailServer } from '../../../support/mail-server.js';
import { aNotice } from '../../../support/notices.js';

const FROM = 'The shop <shop@shop.example>';
const signal = new AbortController().signal;

let server: MailServer;
let notifier: ReturnType<typeof createSmtpNotifier>;
beforeEach(async () => {
  server = await openMailServer();
  notifier = createSmtpNotifier({ url: server.url, from: FROM, shopName: 'The shop' });
});
afterEach(async () => {
  notifier.close();
  await server.close();
});

const headersOf = (raw = '') => (raw.split('\r\n\r\n')[0] ?? '').replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');

describe('the SMTP notifier', () => {
  test('sends one mail with a text and an HTML part', async () => {
    expect(await notifier.notify(aNotice(), signal)).toEqual({ kind: 'sent' });
    expect(server.mails).toMatchObject([{ from: 'shop@shop.example', to: ['ada@example.com'] }]);
    const raw = server.mails[0]?.raw;
    expect(headersOf(raw)).toEqual(
      expect.arrayContaining([
        'From: The shop <shop@shop.example>',
        'To: ada@example.com',
        'Subject: Your order order-1001 is confirmed',
        'Message-ID: <order-1001.3.smtp@shop.example>',
        'Auto-Submitted: auto-generated',
      ]),
    );
    expect(raw).toContain('Content-Type: text/plain; charset=utf-8');
    expect(raw).toContain('Content-Type: text/html; charset=utf-8');
  });

  test('gives every try of a notice the same Message-ID', async () => {
    await notifier.notify(aNotice(), signal);
    await notifier.notify(aNotice(), signal);
    const ids = server.mails.map(({ raw }) => headersOf(raw).find((line) => line.startsWith('Message-ID')));
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  test('keeps a few connections for many mails', async () => {
    const notices = Array.from({ length: 40 }, (_, seq) => aNotice({ key: `order-1001.${seq}.smtp` }));
    await Promise.all(notices.map((notice) => notifier.notify(notice, new AbortController().signal)));
    expect(server.mails).toHaveLength(40);
    expect(server.connections()).toBeLessThanOrEqual(4);
  });

  test('does not send a mail that waited for a connection until its caller gave up', async () => {
    server.fallSilent(true);
    const given = new AbortController();
    const notices = Array.from({ length: 10 }, (_, seq) => aNotice({ key: `order-1001.${seq}.smtp` }));
    const tries = Promise.allSettled(notices.map((notice) => notifier.notify(notice, given.signal)));
    await pause(200);
    given.abort();
    server.fallSilent(false);
    server.dropAll();
    // The four that were being sent may get through after all.
    const outcomes = await tries;
    expect(outcomes.slice(4).map(({ status }) => status)).toEqual(Array(6).fill('rejected'));
    await pause(200);
    const ids = server.mails.map(({ raw }) => /^Message-ID: <order-1001\.(\d)/m.exec(raw)?.[1] ?? '');
    expect(ids.filter((seq) => !['0', '1', '2', '3'].includes(seq))).toEqual([]);
    expect(await notifier.notify(aNotice(), signal)).toEqual({ kind: 'sent' });
  });

  test('skips a customer without an address', async () => {
    expect(await notifier.notify(aNotice({ email: null }), signal)).toEqual({ kind: 'skipped', reason: 'NoAddress' });
    expect(server.connections()).toBe(0);
  });

  test.each([
    'ada@example.com\r\nBcc: eve@example.com',
    'ada@example.com\nBcc: eve@example.com',
    'ada@example.com, eve@example.com',
    'ada@example.com;eve@example.com',
    'Ada <ada@example.com>',
    'ada@example.com>',
    'undisclosed: ada@example.com;',
    'ada',
    '',
  ])('refuses the address %j', async (email) => {
    const outcome = await notifier.notify(aNotice({ email }), signal);
    expect(outcome).toEqual({ kind: 'rejected', errorClass: 'BadAddress' });
    expect(server.connections()).toBe(0);
  });

  test.each([
    'a&b@example.com',
    'info@xn--e1afmkfd.xn--p1ai',
    'customer/department=shipping@example.com',
    'user@[192.0.2.1]',
    'инфо@example.com',
  ])('sends to the one address %s', async (email) => {
    expect(await notifier.notify(aNotice({ email }), signal)).toEqual({ kind: 'sent' });
    // The mail server of the tests shows A-labels as Unicode.
    expect(server.mails).toMatchObject([{ to: [email.replace('xn--e1afmkfd.xn--p1ai', 'пример.рф')] }]);
    expect(headersOf(server.mails[0]?.raw).filter((line) => line.startsWith('To:'))).toHaveLength(1);
  });

  test('leaves it to the server whether it takes a local part in quotes; the one of the tests does not', async () => {
    const outcome = await notifier.notify(aNotice({ email: '"very odd"@example.com' }), signal);
    expect(outcome).toEqual({ kind: 'rejected', errorClass: 'EENVELOPE_501' });
  });

  test.each(['"a@b"@example.com', '"a\\"b"@example.com', '"a>b"@example.com', 'ada@bü cher.example', 'ada@[evil] x'])(
    'says that it cannot send to %s',
    async (email) => {
      const outcome = await notifier.notify(aNotice({ email }), signal);
      expect(outcome).toEqual({ kind: 'rejected', errorClass: 'BadAddress' });
    },
  );

  test('lets no product and no order add a header or a recipient', async () => {
    const evil = 'x\r\nBcc: eve@example.com\r\n\r\n.\r\nMAIL FROM:<eve@example.com>\r\n';
    const lines = [{ sku: 'a', name: evil, quantity: 1, unitPriceMinor: 1 }];
    await notifier.notify(aNotice({ orderId: evil, lines }), signal);
    expect(server.mails).toMatchObject([{ to: ['ada@example.com'] }]);
    expect(headersOf(server.mails[0]?.raw).filter((line) => /^bcc/i.test(line))).toEqual([]);
  });
});

describe('a mail server without TLS', () => {
  // An address of this machine that no one takes for loopback.
  const elsewhere = () => server.url.replace('127.0.0.1', '0.0.0.0');
  const through = async (url: string) => {
    const other = createSmtpNotifier({ url, from: FROM, shopName: 'The shop' });
    return other.notify(aNotice(), signal).finally(() => other.close());
  };

  test('that is elsewhere gets nothing, and not the password either', async () => {
    const url = elsewhere().replace('smtp://', 'smtp://shop:hunter2@');
    await expect(through(url)).rejects.toMatchObject({ code: expect.stringMatching(/TLS/) });
    expect(server.connections()).toBe(1);
    expect(server.mails).toEqual([]);
  });

  test('that is elsewhere is used when its URL says so', async () => {
    expect(await through(`${elsewhere()}?requireTLS=false`)).toEqual({ kind: 'sent' });
  });
});

describe('a mail server that says no', () => {
  const words = '<ada@example.com>: no such user';

  test('to the recipient for good has decided', async () => {
    server.object({ recipient: { code: 550, words } });
    expect(await notifier.notify(aNotice(), signal)).toEqual({ kind: 'rejected', errorClass: 'EENVELOPE_550' });
  });

  test('to the mail for good has decided', async () => {
    server.object({ mail: { code: 554, words } });
    expect(await notifier.notify(aNotice(), signal)).toEqual({ kind: 'rejected', errorClass: 'EMESSAGE_554' });
  });

  test.each([
    ['to the recipient for now', { recipient: { code: 450, words } }, 'EENVELOPE_450'],
    ['to the mail for now', { mail: { code: 451, words } }, 'EMESSAGE_451'],
    ['to the sender', { sender: { code: 550, words } }, 'EENVELOPE_550'],
  ])('%s may be asked again, and its words are kept to itself', async (_what, objection, code) => {
    server.object(objection);
    const error = await notifier.notify(aNotice(), signal).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'SmtpFault', code });
    expect(`${String(error)} ${(error as Error).stack}`).not.toContain('ada@example.com');
    expect(error).not.toHaveProperty('cause');
  });

  test('by not being there may be asked again', async () => {
    await server.close();
    await expect(notifier.notify(aNotice(), signal)).rejects.toMatchObject({ name: 'SmtpFault', code: 'ESOCKET' });
  });
});
