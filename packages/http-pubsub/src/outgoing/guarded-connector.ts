import type { LookupAddress, LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import type { buildConnector } from 'undici';
import { buildConnector as connectorWith } from 'undici';
import type { TargetGuard } from './target-guard.ts';

/**
 * Connects to no address that the guard has not seen. Names are looked up by the guard, once a connection, and Node connects to
 * the addresses of that answer: a second answer, which may differ, is never asked for. Addresses in the URL itself
 * never come to a lookup, so they are checked beforehand.
 */
export function guardedConnector(
  guard: TargetGuard,
  options: buildConnector.BuildOptions,
): buildConnector.connector {
  const connect = connectorWith({
    ...options,
    lookup(host, wanted, callback) {
      const refuse = (error: NodeJS.ErrnoException) => callback(error, []);
      guard.resolve(host).then((addresses) => answer(addresses, wanted, callback), refuse);
    },
  });
  return (target, callback) => {
    const host = target.hostname.replace(/^\[(.*)\]$/, '$1');
    try {
      if (isIP(host) !== 0) guard.checkAddress(host);
    } catch (error) {
      return callback(error as Error, null);
    }
    return connect(target, callback);
  };
}

function answer(
  addresses: readonly string[],
  { all, family }: LookupOptions,
  callback: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
): void {
  const wanted = family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : (family ?? 0);
  const answers = addresses
    .map((address) => ({ address, family: isIP(address) }))
    .filter((entry) => wanted === 0 || entry.family === wanted);
  const [first] = answers;
  if (first === undefined) callback(new Error('The name has no such address.'), []);
  else if (all === true) callback(null, answers);
  else callback(null, first.address, first.family);
}
