import { salesforceError } from '../errors.ts';

/** What only the transport `pubsub` takes. */
export interface PubSubOptions {
  /**
   * Host and port, such as `api.deu.pubsub.salesforce.com:7443`; `http://…` without TLS, which only a server on this
   * machine is spoken to.
   * @default 'api.pubsub.salesforce.com:7443'
   */
  readonly endpoint?: string;
  /**
   * Certificates in PEM form that the server's must go back to, in place of those that Node.js trusts: for a proxy
   * that looks into TLS.
   */
  readonly rootCertificates?: string;
  /**
   * Id or developer name of a ManagedEventSubscription: Salesforce then keeps the position, and says where to start
   * and what to do when the position is invalid. Takes exactly one channel, that of the record.
   */
  readonly managedSubscription?: string;
}

/** Options checked, with the defaults filled in. */
export interface PubSubSettings {
  /** Host and port. */
  readonly endpoint: string;
  readonly tls: { readonly rootCertificates: string | undefined } | undefined;
  readonly managedSubscription: string | undefined;
}

/** `channels` is how many the source has. Throws SALESFORCE_OPTIONS. */
export function checkPubSub(
  options: PubSubOptions,
  transport: 'bayeux' | 'pubsub',
  channels: number,
): PubSubSettings {
  if (transport !== 'pubsub' && Object.values(options).some((value) => value !== undefined)) {
    throw salesforceError(
      'SALESFORCE_OPTIONS',
      "`pubsub` is for the transport of that name only: set `transport: 'pubsub'`, or leave it out.",
    );
  }
  const { endpoint = 'api.pubsub.salesforce.com:7443', rootCertificates, managedSubscription } = options;
  if (managedSubscription !== undefined && !/^\w+$/.test(managedSubscription)) {
    throw salesforceError(
      'SALESFORCE_OPTIONS',
      'pubsub.managedSubscription must be the id (18x…) or the developer name of a ManagedEventSubscription.',
    );
  }
  if (managedSubscription !== undefined && channels !== 1) {
    throw salesforceError(
      'SALESFORCE_OPTIONS',
      `A managed subscription is one of one channel, but ${channels} are given. Make a source of each.`,
    );
  }
  if (rootCertificates !== undefined && !rootCertificates.includes('-----BEGIN CERTIFICATE-----')) {
    throw salesforceError('SALESFORCE_OPTIONS', 'pubsub.rootCertificates must be certificates in PEM form.');
  }
  return { ...addressOf(endpoint, rootCertificates), managedSubscription };
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);

function addressOf(
  endpoint: string,
  rootCertificates: string | undefined,
): Pick<PubSubSettings, 'endpoint' | 'tls'> {
  const [, plain, host = '', port] = /^(http:\/\/)?(\[[\da-f:]+\]|[\w.-]+):(\d+)$/i.exec(endpoint) ?? [];
  if (host === '') {
    throw salesforceError(
      'SALESFORCE_OPTIONS',
      `pubsub.endpoint must be a host and a port, such as api.pubsub.salesforce.com:7443, not "${endpoint}".`,
    );
  }
  if (plain === undefined) return { endpoint: `${host}:${port}`, tls: { rootCertificates } };
  if (loopback.has(host)) return { endpoint: `${host}:${port}`, tls: undefined };
  throw salesforceError(
    'SALESFORCE_OPTIONS',
    `pubsub.endpoint is ${endpoint}: without TLS the access token could be read on its way. Leave "http://" away.`,
  );
}
