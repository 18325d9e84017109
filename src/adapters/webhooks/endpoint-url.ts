import { isIP } from 'node:net';
import { mayBeCalled, type AddressRule } from './addresses.js';

const LONGEST = 2_048;
const LOCAL_SUFFIXES = ['localhost', 'local', 'internal', 'home.arpa'];
// Lower ports belong to system services: mail, remote shells, file sharing.
const FIRST_FREE_PORT = 1_024;
const WEB_PORTS = [80, 443];

export type EndpointUrl = { url: URL; objection?: undefined } | { objection: string };

/** Reads a URL that a stranger chose, or says in words why it can never be called. Does not resolve names. */
export function readEndpointUrl(text: string, rule: AddressRule): EndpointUrl {
  if (text.length > LONGEST) return { objection: `must have ${LONGEST} characters at most` };
  if (!URL.canParse(text)) return { objection: 'must be a URL such as "https://shop.example/webhooks"' };
  const url = new URL(text);
  const objection = objectionTo(url, rule);
  if (objection !== undefined) return { objection };
  url.hash = '';
  return { url };
}

/** The host name for the network: without IPv6 brackets and trailing dots. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.+$/, '');
}

function objectionTo(url: URL, rule: AddressRule): string | undefined {
  const secure = url.protocol === 'https:';
  if (!secure && url.protocol !== 'http:') return 'must be an https URL';
  if (!secure && !rule.allowPrivate) return 'must be an https URL; what is sent over plain http can be read by others';
  if (url.username !== '' || url.password !== '') return 'must not contain a user name or password';

  const port = Number(url.port || (secure ? 443 : 80));
  if (port < FIRST_FREE_PORT && !WEB_PORTS.includes(port)) {
    return `must use port ${WEB_PORTS.join(', ')} or one from ${FIRST_FREE_PORT} on`;
  }

  const host = hostOf(url);
  if (isIP(host) !== 0) {
    const isFine = mayBeCalled(host, { ...rule, secure });
    return isFine ? undefined : 'must not name an address that is private, local or reserved';
  }
  if (host === '') return 'must name a host';
  if (!rule.allowPrivate && isLocalName(host)) return 'must name a host on the public internet';
  return undefined;
}

function isLocalName(host: string): boolean {
  return !host.includes('.') || LOCAL_SUFFIXES.some((suffix) => host.endsWith(`.${suffix}`));
}
