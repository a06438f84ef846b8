import { BlockList, isIP } from 'node:net';
import { httpPubsubError } from '../errors.ts';

/**
 * IPv4 that is not for the world. https://www.iana.org/assignments/iana-ipv4-special-registry: this network, private,
 * carriers' (CGNAT), loopback, link-local, private, IETF, documentation, 6to4 relays, private, benchmarks, documentation
 * twice, multicast, reserved and broadcast.
 */
const closed4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/**
 * The only part of IPv6 that is routed in public. Outside are loopback, unique local, link-local, multicast, and IPv4 in
 * its disguises: mapped, compatible, NAT64.
 */
const open6 = ['2000::/3'];
/** Within it: IETF's (Teredo too), documentation twice, 6to4. */
const closed6 = ['2001::/23', '2001:db8::/32', '3fff::/20', '2002::/16'];

/** Where clouds hand out credentials to whoever asks from inside. The last one is a public address by its number. */
const metadata = [
  '169.254.169.254/32',
  '169.254.170.2/32',
  'fd00:ec2::254/128',
  '100.100.100.200/32',
  '168.63.129.16/32',
];

/** Is one allowed to connect to the address? `networks` are open although they are not public. Throws PUBSUB_OPTIONS. */
export function addressRules(networks: readonly string[]): (address: string) => boolean {
  const opened = listOf(networks);
  const openedAlone = listOf(networks.filter((network) => /^[^:]*\/32$|:.*\/128$/.test(network)));
  const secret = listOf(metadata);
  const closed = listOf([...closed4, ...closed6]);
  const world6 = listOf(open6);

  return (address) => {
    const family = isIP(address) === 4 ? 'ipv4' : isIP(address) === 6 ? 'ipv6' : undefined;
    if (family === undefined) return false;
    const isIn = (list: BlockList) => list.check(address, family);
    if (isIn(secret)) return isIn(openedAlone);
    if (isIn(opened)) return true;
    return !isIn(closed) && (family === 'ipv4' || isIn(world6));
  };
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [, address = '', length = ''] = /^([\d.]+|[\da-f:.]+)\/(\d{1,3})$/i.exec(network) ?? [];
    try {
      list.addSubnet(address, Number(length), isIP(address) === 6 ? 'ipv6' : 'ipv4');
    } catch (error) {
      throw httpPubsubError(
        'PUBSUB_OPTIONS',
        `"${network}" in "networks" is none, like 10.0.0.0/8 or fd00::/8.`,
        error,
      );
    }
  }
  return list;
}
