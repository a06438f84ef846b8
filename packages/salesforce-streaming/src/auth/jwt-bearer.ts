import type { KeyObject } from 'node:crypto';
import { createPrivateKey, sign } from 'node:crypto';
import { isKeyObject } from 'node:util/types';
import { salesforceError } from '../errors.ts';
import type { HostOptions } from './host.ts';
import { loginHost, productionHost, sandboxHost } from './host.ts';
import { clientIdIs, optionalText, requiredText } from './options.ts';
import type { AuthProvider } from './provider.ts';
import { hiding } from './secrets.ts';
import { requestToken } from './token-request.ts';
import { toToken } from './token.ts';

export interface JwtBearerOptions extends HostOptions {
  readonly clientId: string;
  /** The user to act as. */
  readonly username: string;
  /** RSA, of 2048 bits or more: PEM, or a key of `node:crypto`. The app has its certificate. */
  readonly privateKey: string | KeyObject;
  /**
   * The claim `aud`.
   * @default https://test.salesforce.com for sandboxes and scratch orgs, else https://login.salesforce.com
   */
  readonly audience?: string;
}

const name = 'jwtBearer';

/**
 * Milliseconds that an assertion is good for. Salesforce takes those that expire within 3 minutes, so clocks may
 * differ by a minute.
 */
const lifetime = 120_000;

/** Logs in with an assertion signed by a private key (RS256). Throws SALESFORCE_OPTIONS. */
export function jwtBearer(options: JwtBearerOptions): AuthProvider {
  const host = loginHost(name, options);
  const issuer = requiredText(name, 'clientId', options.clientId, clientIdIs);
  const subject = requiredText(name, 'username', options.username, 'the name of the user to act as');
  const key = privateKeyOf(options.privateKey);
  const audience =
    optionalText(
      name,
      'audience',
      options.audience,
      'the claim `aud`, such as https://login.salesforce.com',
    ) ?? audienceOf(host);

  return {
    name,
    async login(context) {
      const expires = Math.floor((context.clock.now() + lifetime) / 1_000);
      const assertion = signed({ iss: issuer, sub: subject, aud: audience, exp: expires }, key);
      const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
      const hide = hiding([issuer, ...assertion.split('.').slice(1)]);
      return toToken(await requestToken({ provider: name, host, hide }, form, context));
    },
  };
}

/** My Domains of sandboxes and scratch orgs: `acme--dev.sandbox.my.salesforce.com`, and `acme--dev.my.salesforce.com` of old. */
function audienceOf(host: string): string {
  const isSandbox =
    host === sandboxHost ||
    /\.(?:sandbox|scratch)\.my\.salesforce\.com$|--[\w-]+\.my\.salesforce\.com$/.test(host);
  return isSandbox ? sandboxHost : productionHost;
}

function signed(claims: Readonly<Record<string, string | number>>, key: KeyObject): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${encode({ alg: 'RS256' })}.${encode(claims)}`;
  return `${content}.${sign('sha256', Buffer.from(content), key).toString('base64url')}`;
}

function privateKeyOf(given: unknown): KeyObject {
  // Without a cause: what crypto says of a key may show parts of it.
  const refuse = (reason: string) =>
    salesforceError('SALESFORCE_OPTIONS', `\`privateKey\` of ${name}() ${reason}.`);
  let key: KeyObject;
  if (isKeyObject(given)) {
    key = given;
  } else {
    const pem = requiredText(name, 'privateKey', given, 'an RSA private key: its PEM, or a KeyObject');
    try {
      key = createPrivateKey(pem);
    } catch {
      throw refuse(
        'can not be read as PEM. It begins with "-----BEGIN PRIVATE KEY-----" on a line of its own (variables often hold "\\n" for line breaks: replace them); decrypt an encrypted one with createPrivateKey of node:crypto and give the KeyObject',
      );
    }
  }
  if (key.type !== 'private') throw refuse(`is a ${key.type} key. The private one signs`);
  if (key.asymmetricKeyType !== 'rsa') {
    throw refuse(
      `is of type ${key.asymmetricKeyType ?? 'unknown'}. Salesforce takes RS256 only: use an RSA key`,
    );
  }
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < 2_048) {
    throw refuse('is too short. Use an RSA key of 2048 bits or more');
  }
  return key;
}
