import { BlockList, isIP, isIPv4 } from 'node:net';

/** Whether the IP address lies in the network, such as `10.0.0.0/24`. */
export function inNetwork(network: string, address: string): boolean {
  const [base = '', bits] = network.split('/');
  if (isIP(base) === 0 || isIP(address) === 0 || !/^\d{1,3}$/.test(bits ?? '')) return false;
  const family = (ip: string) => (isIPv4(ip) ? 'ipv4' : 'ipv6');
  if (family(base) !== family(address)) return false;
  const networks = new BlockList();
  networks.addSubnet(base, Number(bits), family(base));
  return networks.check(address, family(address));
}
