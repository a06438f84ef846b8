import { salesforceError } from '../errors.ts';

/** Where to log in. */
export interface HostOptions {
  /**
   * Log in at https://test.salesforce.com.
   * @default false: https://login.salesforce.com
   */
  readonly sandbox?: boolean;
  /** My Domain, such as `https://acme.my.salesforce.com` or `https://acme--dev.sandbox.my.salesforce.com`, instead of `sandbox`. */
  readonly loginUrl?: string;
}

export const productionHost = 'https://login.salesforce.com';
export const sandboxHost = 'https://test.salesforce.com';

/** The origin to log in at. Throws SALESFORCE_OPTIONS. */
export function loginHost(provider: string, { sandbox, loginUrl }: HostOptions): string {
  if (sandbox !== undefined && typeof sandbox !== 'boolean') {
    throw salesforceError('SALESFORCE_OPTIONS', `\`sandbox\` of ${provider}() has to be true or false.`);
  }
  if (loginUrl === undefined) return sandbox ? sandboxHost : productionHost;
  if (sandbox) {
    throw salesforceError(
      'SALESFORCE_OPTIONS',
      `${provider}() has both \`sandbox\` and \`loginUrl\`. The URL says it all: leave \`sandbox\` out.`,
    );
  }
  return salesforceOrigin(`\`loginUrl\` of ${provider}()`, loginUrl);
}

/** The origin of a URL that a token or a secret may be sent to. Throws SALESFORCE_OPTIONS. */
function salesforceOrigin(what: string, text: unknown): string {
  const refuse = (reason: string) => salesforceError('SALESFORCE_OPTIONS', `${what} ${reason}.`);
  const example = 'Give the My Domain of the org, such as https://acme.my.salesforce.com';
  const url = typeof text === 'string' ? URL.parse(text) : null;
  if (!url) throw refuse(`is no URL. ${example}`);
  if (url.username !== '' || url.password !== '') {
    throw refuse('carries a user name or password. Take them out: they belong in the options');
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw refuse('does not begin with https://. Salesforce takes credentials over TLS only');
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw refuse(`has a path. Give the host alone: ${url.origin}`);
  }
  if (/\.lightning\.force\.com$|\.my\.salesforce-setup\.com$/.test(url.hostname)) {
    throw refuse(`is the host of Salesforce's pages, which issues no tokens. ${example}`);
  }
  return url.origin;
}

/** What Salesforce says is the URL of the org, or undefined: the same rules hold, for the token goes there with every request. */
export function instanceOf(url: unknown): string | undefined {
  try {
    return salesforceOrigin('The instance', url);
  } catch {
    return undefined;
  }
}

/** For tests against an emulator: nothing leaves the machine. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
