import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A key in its holder's form. The id is not secret: lists and logs show it. */
export interface ApiKey {
  id: string;
  /** The whole text, including the secret. */
  text: string;
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PREFIX = 'hf_';
const ID_LENGTH = 10;
const SECRET_LENGTH = 32;
const CHECK_LENGTH = 6;
const FORM = new RegExp(`^${PREFIX}[0-9A-Za-z]{${ID_LENGTH + SECRET_LENGTH + CHECK_LENGTH}}$`);

/** A new key: `hf_`, 10 characters of id, 32 of secret (190 bits), 6 of checksum, all of 0-9, A-Z, a-z. */
export function mintApiKey(): ApiKey {
  return formatApiKey(randomText(ID_LENGTH), randomText(SECRET_LENGTH));
}

/** @throws RangeError if id or secret has a different length */
export function formatApiKey(id: string, secret: string): ApiKey {
  if (id.length !== ID_LENGTH || secret.length !== SECRET_LENGTH) throw new RangeError('not the parts of an API key');
  const start = `${PREFIX}${id}${secret}`;
  return { id, text: `${start}${checksumOf(start)}` };
}

/** Parses a key; undefined if it has a different form or if the checksum shows a typing error. */
export function parseApiKey(text: string): ApiKey | undefined {
  if (!FORM.test(text)) return undefined;
  const start = text.slice(0, -CHECK_LENGTH);
  if (checksumOf(start) !== text.slice(-CHECK_LENGTH)) return undefined;
  return { id: text.slice(PREFIX.length, PREFIX.length + ID_LENGTH), text };
}

/** What is stored of a key. Its secret is random and long enough for a plain hash. */
export function hashOf({ text }: ApiKey): Buffer {
  return createHash('sha256').update(text).digest();
}

function randomText(length: number): string {
  return Array.from({ length }, () => DIGITS[randomInt(DIGITS.length)]).join('');
}

/** CRC-32 of a text, in base 62. */
function checksumOf(text: string): string {
  let digits = '';
  for (let rest = crc32(text), i = 0; i < CHECK_LENGTH; i += 1, rest = Math.floor(rest / DIGITS.length)) {
    digits = `${DIGITS[rest % DIGITS.length]}${digits}`;
  }
  return digits;
}
