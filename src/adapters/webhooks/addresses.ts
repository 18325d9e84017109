import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Where deliveries may go. */
export interface AddressRule {
  /** Lets them go to this machine and to private networks too, and there without TLS: for development. */
  allowPrivate: boolean;
}

// Addresses of the provider's own services that lie in public ranges: Azure's for its virtual machines.
const PROVIDERS_OWN: readonly string[] = ['168.63.129.16'];
const PRIVATE: readonly string[] = ['loopback', 'private', 'uniqueLocal'];
// The only space that was ever given out for the public: all else that IPv6 can spell is special or not in use.
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');
// Amazon's metadata in IPv6 lies among the private addresses; that of IPv4 is link-local.
const METADATA: readonly string[] = ['fd00:ec2::254', 'fd20:ce::254'];

/** Whether this IP address may be called, over TLS or not. Everything that is not surely fine is refused. */
export function mayBeCalled(address: string, { secure, allowPrivate }: AddressRule & { secure: boolean }): boolean {
  if (isIP(address) === 0) return false;
  const ip = ipaddr.parse(address);
  // A zone names an interface of this machine.
  if (ip instanceof ipaddr.IPv6 && ip.zoneId !== undefined) return false;
  if (METADATA.includes(ip.toString()) || PROVIDERS_OWN.includes(ip.toString())) return false;
  const range = ip.range();
  if (PRIVATE.includes(range)) return allowPrivate;
  if (range !== 'unicast' || !secure) return false;
  return ip instanceof ipaddr.IPv4 || ip.match(GLOBAL_IPV6);
}
