import type { KeyObject } from 'node:crypto';
import { generateKeyPairSync } from 'node:crypto';
import { randomText } from './seeded-random.ts';

/** What a client needs to log in by each of the four grants. */
export interface OrgCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly username: string;
  readonly password: string;
  /** The newest one, where tokens rotate. */
  readonly refreshToken: string;
  /** PEM (PKCS #8), for signing assertions with RS256. Made when it is first asked for. */
  readonly privateKey: string;
}

/** Who an emulated org is. */
export interface Identity {
  readonly orgId: string;
  readonly userId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly username: string;
  readonly password: string;
  readonly privateKey: string;
  /** Undefined as long as nobody has asked for the private one. */
  readonly publicKey: KeyObject | undefined;
}

export function createIdentity(random: () => number): Identity {
  let pair: { readonly privateKey: string; readonly publicKey: KeyObject } | undefined;
  return {
    orgId: `00D${randomText(random, 15)}`,
    userId: `005${randomText(random, 15)}`,
    clientId: `3MVG9${randomText(random, 80)}`,
    clientSecret: randomText(random, 64),
    username: 'integration@example.com',
    password: randomText(random, 32),
    get privateKey() {
      pair ??= createPair();
      return pair.privateKey;
    },
    get publicKey() {
      return pair?.publicKey;
    },
  };
}

function createPair() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), publicKey };
}
