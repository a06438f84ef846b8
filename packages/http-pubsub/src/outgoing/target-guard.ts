import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { httpPubsubError } from '../errors.ts';
import { addressRules } from './address-rules.ts';

/** All addresses of a name, in the order in which they are to be tried. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export interface TargetGuardOptions {
  /** @default both */
  readonly schemes?: readonly ('http' | 'https')[] | undefined;
  /**
   * Single ports, or ranges with both ends.
   * @default 80, 443, and from 1024 on
   */
  readonly ports?: readonly (number | readonly [number, number])[] | undefined;
  /**
   * The only hosts that may be called: `hooks.example`, `*.hooks.example` (those below it, not itself), or addresses. That a
   * host is listed does not open private networks to it.
   * @default all
   */
  readonly hosts?: readonly string[] | undefined;
  /**
   * Networks that may be called although they are not public, such as `10.0.0.0/8` or `127.0.0.1/32`. Addresses at which clouds
   * hand out credentials are opened only by their own `/32` or `/128`.
   * @default none
   */
  readonly networks?: readonly string[] | undefined;
  /** @default the system's */
  readonly resolve?: Resolve | undefined;
}

/**
 * Who may be called. Whoever may subscribe tells a broadcaster where to post to, so without a guard they could make it post
 * to what only its own machine or network reaches.
 */
export interface TargetGuard {
  /** What can be told without looking up the name. Throws PUBSUB_FORBIDDEN. */
  checkUrl(url: URL): void;
  /** Throws PUBSUB_FORBIDDEN. */
  checkAddress(address: string): void;
  /** Addresses to connect to, all of them checked. Rejects with PUBSUB_FORBIDDEN, or as the lookup does. */
  resolve(host: string): Promise<readonly string[]>;
}

/** Public addresses only, unless told otherwise. Throws PUBSUB_OPTIONS. */
export function targetGuard(options: TargetGuardOptions = {}): TargetGuard {
  const { schemes = ['http', 'https'], ports = [80, 443, [1024, 65_535]], hosts } = options;
  const { resolve = systemResolve } = options;
  const isAllowedAddress = addressRules(options.networks ?? []);
  const isListed = hosts && hostRules(hosts);
  requirePorts(ports);

  function checkAddress(address: string): void {
    // Of `fe80::1%eth0` the scope only says which interface.
    if (!isAllowedAddress(address.replace(/%.*$/, ''))) throw forbidden('an address that is not public');
  }

  return {
    checkUrl(url) {
      const scheme = url.protocol.slice(0, -1);
      if (!schemes.some((allowed) => allowed === scheme)) throw forbidden(`the scheme ${scheme}`);
      if (url.username !== '' || url.password !== '') throw forbidden('a URL with credentials');
      if (!ports.some((allowed) => isPort(allowed, portOf(url)))) throw forbidden(`port ${portOf(url)}`);
      const host = hostOf(url.hostname);
      if (isListed?.(host) === false) throw forbidden('a host that is not listed');
      if (isIP(host) !== 0) checkAddress(host);
    },
    checkAddress,
    async resolve(host) {
      const addresses = await resolve(host);
      // One alone spoils all: no name of an honest subscriber points to both sides of a wall.
      for (const address of addresses) checkAddress(address);
      return addresses;
    },
  };
}

async function systemResolve(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/** It says not where to: that comes from whoever subscribed, and may tell them what is inside. */
function forbidden(what: string): Error {
  return httpPubsubError('PUBSUB_FORBIDDEN', `The guard lets nobody call ${what}.`);
}

function hostOf(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^\[(.*)\]$/, '$1');
}

function hostRules(hosts: readonly string[]): (host: string) => boolean {
  const exact = new Set<string>();
  const endings: string[] = [];
  for (const entry of hosts) {
    const [, wildcard, name = ''] = /^(\*\.)?([^*\s/]+)$/.exec(entry) ?? [];
    const host = URL.parse(`http://${isIP(name) === 6 ? `[${name}]` : name}/`);
    if (host === null || host.username !== '' || (name.includes(':') && isIP(name) !== 6)) {
      throw httpPubsubError('PUBSUB_OPTIONS', `"${entry}" in "hosts" is no host, nor *. and a host.`);
    }
    if (wildcard === undefined) exact.add(hostOf(host.hostname));
    else endings.push(`.${hostOf(host.hostname)}`);
  }
  return (host) => exact.has(host) || endings.some((ending) => host.endsWith(ending));
}

function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

function isPort(allowed: number | readonly [number, number], port: number): boolean {
  if (typeof allowed === 'number') return allowed === port;
  return allowed[0] <= port && port <= allowed[1];
}

function requirePorts(ports: readonly (number | readonly [number, number])[]): void {
  for (const port of ports.flat()) {
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw httpPubsubError(
        'PUBSUB_OPTIONS',
        '"ports" takes whole numbers from 1 to 65535, and pairs of them.',
      );
    }
  }
}
