import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

// Hand-written because `request-filtering-agent` refuses less: neither cloud metadata nor IPv6 outside of 2000::/3.

/** Where deliveries may go. */
export interface AddressRule {
  /** Also allows this machine and private networks, without TLS: for development. */
  allowPrivate: boolean;
}

// Addresses of cloud services in public ranges: Azure's for its virtual machines.
const PROVIDERS_OWN: readonly string[] = ['168.63.129.16'];
const PRIVATE: readonly string[] = ['loopback', 'private', 'uniqueLocal'];
// The only IPv6 space assigned for public use: everything else is special or unused.
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');
// Amazon's IPv6 metadata address is among the private ones; its IPv4 address is link-local.
const METADATA: readonly string[] = ['fd00:ec2::254', 'fd20:ce::254'];

/** Whether this IP address may be called, with or without TLS. Everything that is not known to be safe is refused. */
export function mayBeCalled(address: string, { secure, allowPrivate }: AddressRule & { secure: boolean }): boolean {
  if (isIP(address) === 0) return false;
  const ip = ipaddr.parse(address);
  // A zone refers to an interface of this machine.
  if (ip instanceof ipaddr.IPv6 && ip.zoneId !== undefined) return false;
  if (METADATA.includes(ip.toString()) || PROVIDERS_OWN.includes(ip.toString())) return false;
  const range = ip.range();
  if (PRIVATE.includes(range)) return allowPrivate;
  if (range !== 'unicast' || !secure) return false;
  return ip instanceof ipaddr.IPv4 || ip.match(GLOBAL_IPV6);
}
