import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createEventSender } from '../../../../src/adapters/webhooks/http-event-sender.js';
import type { ResolvedAddress } from '../../../../src/adapters/webhooks/guarded-lookup.js';
import { openReceiver, type Receiver } from '../../../support/receiver.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
// Of the public range, given to no one: nothing answers there.
const NOBODY = '3ffe::1';
const NOWHERE = 'must not name an address that is private, local or reserved';
const LED_ASTRAY = 'the name resolves to an address that is private, local or reserved';
const NO_NAME = 'must name a host on the public internet';

let canary: Receiver;
let secureCanary: Receiver;
const senders: { close(): void }[] = [];
beforeAll(async () => {
  canary = await openReceiver();
  secureCanary = await openReceiver(undefined, { tls: true });
});
afterEach(() => senders.splice(0).forEach((sender) => sender.close()));
afterAll(async () => {
  await Promise.all([canary.close(), secureCanary.close()]);
});

function open({ allowPrivate = false, resolve }: { allowPrivate?: boolean; resolve?: () => ResolvedAddress[] } = {}) {
  const resolver = resolve === undefined ? {} : { resolve: async () => resolve() };
  const sender = createEventSender({ allowPrivate, ...resolver });
  senders.push(sender);
  const to = (url: string, timeoutMs = 500) =>
    sender.send(
      { messageId: 'msg_1', url, secrets: [SECRET], body: '{}' },
      { timeoutMs, signal: new AbortController().signal },
    );
  return { ...sender, to };
}

/** What a test found out about connections that must not be: they would come a moment later. */
async function seen(): Promise<number> {
  await pause(50);
  return canary.connections() + secureCanary.connections();
}

const family = (address: string) => ({ address, family: address.includes(':') ? 6 : 4 });

// `PORT` is a canary's: had a spelling been let through, its connection would be seen.
const SPELLINGS: [spelling: string, url: string, detail: string][] = [
  ['loopback', 'https://127.0.0.1:PORT/', NOWHERE],
  ['another address of loopback', 'https://127.8.9.10:PORT/', NOWHERE],
  ['loopback in decimal', 'https://2130706433:PORT/', NOWHERE],
  ['loopback in hexadecimal', 'https://0x7f000001:PORT/', NOWHERE],
  ['loopback in octal', 'https://0177.0.0.1:PORT/', NOWHERE],
  ['loopback in a mixture of bases', 'https://0x7f.1:PORT/', NOWHERE],
  ['loopback with too few parts', 'https://127.1:PORT/', NOWHERE],
  ['loopback with a dot at its end', 'https://127.0.0.1.:PORT/', NOWHERE],
  ['loopback in full-width digits', 'https://１２７.０.０.１:PORT/', NOWHERE],
  ['loopback in circled digits', 'https://①②⑦.⓪.⓪.①:PORT/', NOWHERE],
  ['loopback in percent signs', 'https://%31%32%37.0.0.1:PORT/', NOWHERE],
  ['loopback with ideographic full stops', 'https://127。0。0。1:PORT/', NOWHERE],
  ['nothing at all', 'https://0:PORT/', NOWHERE],
  ['every interface', 'https://0.0.0.0:PORT/', NOWHERE],
  ['loopback in IPv6', 'https://[::1]:PORT/', NOWHERE],
  ['loopback in IPv6, written out', 'https://[0:0:0:0:0:0:0:1]:PORT/', NOWHERE],
  ['every interface in IPv6', 'https://[::]:PORT/', NOWHERE],
  ['loopback mapped into IPv6', 'https://[::ffff:127.0.0.1]:PORT/', NOWHERE],
  ['loopback mapped into IPv6, in hexadecimal', 'https://[::ffff:7f00:1]:PORT/', NOWHERE],
  ['loopback in IPv6, the old compatible way', 'https://[::127.0.0.1]:PORT/', NOWHERE],
  ['loopback translated', 'https://[::ffff:0:127.0.0.1]:PORT/', NOWHERE],
  ['loopback through NAT64', 'https://[64:ff9b::127.0.0.1]:PORT/', NOWHERE],
  ['loopback through a local NAT64', 'https://[64:ff9b:1::127.0.0.1]:PORT/', NOWHERE],
  ['loopback through 6to4', 'https://[2002:7f00:1::]:PORT/', NOWHERE],
  ['loopback through Teredo', 'https://[2001:0:4136:e378:8000:63bf:80ff:fffe]:PORT/', NOWHERE],
  ['the metadata of clouds', 'https://169.254.169.254/latest/meta-data/', NOWHERE],
  ['the metadata of clouds in decimal', 'https://2852039166/latest/meta-data/', NOWHERE],
  ['the metadata of clouds mapped into IPv6', 'https://[::ffff:a9fe:a9fe]/', NOWHERE],
  ['the metadata of Amazon in IPv6', 'https://[fd00:ec2::254]/', NOWHERE],
  ['the metadata of Alibaba', 'https://100.100.100.200/', NOWHERE],
  ['the metadata of Oracle', 'https://192.0.0.192/', NOWHERE],
  ['the host services of Azure', 'https://168.63.129.16/', NOWHERE],
  ['link-local', 'https://169.254.1.1:PORT/', NOWHERE],
  ['link-local in IPv6', 'https://[fe80::1]:PORT/', NOWHERE],
  ['ten', 'https://10.0.0.1:PORT/', NOWHERE],
  ['a hundred and seventy-two', 'https://172.16.0.1:PORT/', NOWHERE],
  ['a hundred and ninety-two', 'https://192.168.1.1:PORT/', NOWHERE],
  ["a carrier's own", 'https://100.64.0.1:PORT/', NOWHERE],
  ['unique local', 'https://[fc00::1]:PORT/', NOWHERE],
  ['site-local', 'https://[fec0::1]:PORT/', NOWHERE],
  ['multicast', 'https://224.0.0.1:PORT/', NOWHERE],
  ['multicast in IPv6', 'https://[ff02::1]:PORT/', NOWHERE],
  ['broadcast', 'https://255.255.255.255:PORT/', NOWHERE],
  ['reserved', 'https://240.0.0.1:PORT/', NOWHERE],
  ['documentation', 'https://203.0.113.1:PORT/', NOWHERE],
  ['documentation in IPv6', 'https://[2001:db8::1]:PORT/', NOWHERE],
  ['benchmarking', 'https://198.18.0.1:PORT/', NOWHERE],
  ['an address of IPv6 that no one was given', 'https://[4000::1]:PORT/', NOWHERE],
  ['localhost', 'https://localhost:PORT/', NO_NAME],
  ['localhost in capitals', 'https://LOCALHOST:PORT/', NO_NAME],
  ['localhost with a dot at its end', 'https://localhost.:PORT/', NO_NAME],
  ['a name below localhost', 'https://shop.localhost:PORT/', NO_NAME],
  ['a name without a domain', 'https://postgresql:PORT/', NO_NAME],
  ['a name of an internal network', 'https://metadata.google.internal/', NO_NAME],
  ['a user name', 'https://shop.example@127.0.0.1:PORT/', 'must not contain a user name or password'],
  ['a password', 'https://a:b@shop.example/', 'must not contain a user name or password'],
  ['plain http', 'http://127.0.0.1:PORT/', 'must be an https URL; what is sent over plain http can be read by others'],
  ['a file', 'file:///etc/passwd', 'must be an https URL'],
  ['gopher', 'gopher://127.0.0.1:PORT/', 'must be an https URL'],
  ['data', 'data:text/plain,hello', 'must be an https URL'],
  ['a remote shell', 'https://shop.example:22/', 'must use port 80, 443 or one from 1024 on'],
  ['a zone', 'https://[fe80::1%25eth0]:PORT/', 'must be a URL such as "https://shop.example/webhooks"'],
  ['no URL', 'shop', 'must be a URL such as "https://shop.example/webhooks"'],
  ['no host', 'https://', 'must be a URL such as "https://shop.example/webhooks"'],
  ['too long a URL', `https://shop.example/${'a'.repeat(2_048)}`, 'must have 2048 characters at most'],
];

describe('An SSRF test list', () => {
  test('has at least 20 spellings', () => {
    expect(SPELLINGS.length).toBeGreaterThanOrEqual(20);
  });

  test.each(SPELLINGS)('refuses %s: %s', async (_spelling, url, detail) => {
    const sender = open();
    for (const { port } of [canary, secureCanary]) {
      const target = url.replace('PORT', `${port}`);
      expect(sender.refuse(target)).toBe(detail);
      expect(await sender.to(target)).toEqual({ kind: 'not_sent', detail, latencyMs: expect.any(Number) });
    }
    expect(await seen()).toBe(0);
  });

  test.each([
    ['loopback', ['127.0.0.1']],
    ['loopback in IPv6', ['::1']],
    ['loopback mapped into IPv6', ['::ffff:127.0.0.1']],
    ['the metadata of clouds', ['169.254.169.254']],
    ['a private address', ['10.0.0.1']],
    ['a link-local address with a zone', ['fe80::1%lo']],
    ['a public and then a private address', [NOBODY, '127.0.0.1']],
    ['a private and then a public address', ['127.0.0.1', NOBODY]],
    ['something that is no address', ['localhost']],
  ])('refuses a name that leads to %s', async (_what, addresses) => {
    const sender = open({ resolve: () => addresses.map(family) });
    const url = `https://receiver.test:${secureCanary.port}/`;
    expect(sender.refuse(url)).toBeUndefined();
    expect(await sender.to(url)).toMatchObject({ kind: 'not_sent', detail: LED_ASTRAY });
    expect(await seen()).toBe(0);
  });

  test('refuses a name that is rebound: its first answer is public, its second loopback', async () => {
    const answers = [[NOBODY], ['127.0.0.1'], [NOBODY]];
    let asked = 0;
    const sender = open({ resolve: () => (answers[asked++] ?? []).map(family) });
    const url = `https://receiver.test:${secureCanary.port}/`;
    expect(await sender.to(url, 100)).toMatchObject({ kind: 'no_answer' });
    // One answer for one connection: between the check and the connection nothing asks again.
    expect(asked).toBe(1);
    expect(await sender.to(url)).toMatchObject({ kind: 'not_sent', detail: LED_ASTRAY });
    expect(asked).toBe(2);
    expect(await seen()).toBe(0);
  });

  test.each([301, 302, 303, 307, 308])('does not follow a redirect %d to loopback', async (status) => {
    const bait = await openReceiver((response) =>
      response.writeHead(status, { Location: `http://127.0.0.1:${canary.port}/` }).end(),
    );
    const answer = await open({ allowPrivate: true }).to(`http://127.0.0.1:${bait.port}/`);
    expect(answer).toMatchObject({ kind: 'refused', statusCode: status });
    expect(bait.received).toHaveLength(1);
    expect(await seen()).toBe(0);
    await bait.close();
  });
});

describe('where private addresses are allowed', () => {
  test.each(['127.0.0.1', '2130706433', '0177.0.0.1', 'localhost'])('the canary hears of http://%s', async (host) => {
    const heard = await openReceiver();
    const answer = await open({ allowPrivate: true }).to(`http://${host}:${heard.port}/`);
    expect(answer).toMatchObject({ kind: 'accepted' });
    expect(heard.connections()).toBe(1);
    await heard.close();
  });

  test.each([
    'https://169.254.169.254/',
    'https://[fd00:ec2::254]/',
    'https://0.0.0.0/',
    'https://[::ffff:127.0.0.1]/',
    'https://168.63.129.16/',
    'https://224.0.0.1/',
  ])('%s is still refused', (url) => {
    expect(open({ allowPrivate: true }).refuse(url)).toBe(NOWHERE);
  });

  test('plain http goes to them alone, and not out into the world', async () => {
    const sender = open({ allowPrivate: true, resolve: () => [family('8.8.8.8')] });
    expect(sender.refuse('http://8.8.8.8/')).toBe(NOWHERE);
    expect(await sender.to('http://shop.example/')).toMatchObject({ kind: 'not_sent' });
  });
});
