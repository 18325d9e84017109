// Notices to customers by mail: wording, message, connection. Never a decision whether or when to send one.

import { createTransport } from 'nodemailer';
import type { Notifier, NotifyOutcome } from '../../activities/notices.js';
import type { Notice } from '../../domain/notice.js';
import { mailOf } from './mail.js';
import { createTurns } from './turns.js';

export interface SmtpSettings {
  /**
   * `smtp://` or `smtps://`, with user and password if the server needs them. With `smtp://`, nothing is sent before
   * STARTTLS, unless the server is on this machine or the URL has `requireTLS=false`.
   */
  url: string;
  /** The sender, as `shop@example.com` or `The shop <shop@example.com>`. */
  from: string;
  shopName: string;
}

/** A mail that may succeed later. Its code says why; the server's text is left out because it names the customer. */
class SmtpFault extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`the mail was not accepted: ${code}`);
    this.name = 'SmtpFault';
    this.code = code;
  }
}

const CONNECTIONS = 4;
const CONNECT_MS = 10_000;
const SILENCE_MS = 20_000;
// One address and nothing else: no second recipient, no header, no group. Quoted local parts and address literals are
// allowed as in RFC 5321, except those that nodemailer reads as more than one address.
const LOCAL_PART = String.raw`(?:[^\s\p{Cc}<>()[\],;:"\\@]{1,64}|"[^\p{Cc}<>"\\@]{1,62}")`;
const DOMAIN = String.raw`(?:[^\s\p{Cc}<>()[\],;:"\\@]{1,252}|\[(?:IPv6:)?[0-9A-Fa-f.:]{2,45}\])`;
const ONE_ADDRESS = new RegExp(`^${LOCAL_PART}@${DOMAIN}$`, 'u');

/** Sends notices as mails through an SMTP server, over a few persistent connections. */
export function createSmtpNotifier({ url, from, shopName }: SmtpSettings): Notifier & { close(): void } {
  const transport = createTransport({
    url,
    pool: true,
    // Options in the URL take precedence.
    requireTLS: !isOnThisMachine(url),
    maxConnections: CONNECTIONS,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  // The transport has a queue too, but mails there are sent even if their caller has given up.
  const inTurn = createTurns(CONNECTIONS);
  const domain = /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';

  return {
    channel: 'smtp',

    async notify(notice: Notice, signal: AbortSignal): Promise<NotifyOutcome> {
      const { email, key } = notice;
      if (email === null) return { kind: 'skipped', reason: 'NoAddress' };
      if (!ONE_ADDRESS.test(email)) return { kind: 'rejected', errorClass: 'BadAddress' };
      try {
        const mail = {
          from,
          to: { name: '', address: email },
          ...mailOf(notice, shopName),
          // The same for every try, so that duplicates can be recognized.
          messageId: `<${key}@${domain}>`,
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
        };
        await inTurn(() => transport.sendMail(mail), signal);
        return { kind: 'sent' };
      } catch (error) {
        return outcomeOf(error);
      }
    },

    close: () => transport.close(),
  };
}

/** A mail server on loopback needs no TLS: nothing leaves the machine. */
function isOnThisMachine(url: string): boolean {
  const { hostname } = new URL(url);
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/** @throws SmtpFault unless the server said that it will never accept this mail */
function outcomeOf(error: unknown): NotifyOutcome {
  const { code, responseCode, command } = error as { code?: unknown; responseCode?: unknown; command?: unknown };
  const status = typeof responseCode === 'number' ? `_${responseCode}` : '';
  const errorClass = `${typeof code === 'string' ? code : 'ESMTP'}${status}`;
  const isFinal = typeof responseCode === 'number' && responseCode >= 500 && responseCode < 600;
  // A server that refuses us or our sender may be fixed; one that refuses this recipient has decided.
  if (isFinal && (command === 'RCPT TO' || command === 'DATA')) return { kind: 'rejected', errorClass };
  throw new SmtpFault(errorClass);
}
