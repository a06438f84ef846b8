import { randomUUID } from 'node:crypto';
import type { Headers, SourceSettings } from '@millrace/core';
import type { AdapterDestination, AdapterHarness, AdapterSubject } from '@millrace/testing';
import type { SalesforceEmulator } from '@millrace/testing/salesforce';
import { salesforceEmulator } from '@millrace/testing/salesforce';
import { pubSubEmulator } from '@millrace/testing/salesforce-pubsub';
import type { SalesforceEvent, SalesforceOptions } from '../../src/index.ts';
import { clientCredentials, salesforce } from '../../src/index.ts';

/** How events of the suite travel: as JSON in a text field, the way many orgs do it. */
interface Body {
  readonly type: string;
  readonly data: unknown;
  readonly key?: string;
  readonly headers?: Headers;
}

interface Server {
  readonly org: SalesforceEmulator;
  /** What a source needs beside its channels and login. */
  readonly options: Pick<SalesforceOptions, 'transport' | 'pubsub' | 'exclusive'>;
  drop(): void;
  connections(): number;
  close(): Promise<void>;
}

/** Platform events of an emulated org, by both transports. */
export async function openConformance(): Promise<{
  readonly subjects: readonly AdapterSubject[];
  close(): Promise<void>;
}> {
  const subject = (name: string, start: () => Promise<Server>, exclusive = true): AdapterSubject => ({
    name,
    capabilities: salesforce({
      auth: clientCredentials({ clientId: 'a', clientSecret: 'b', loginUrl: 'https://a.my.salesforce.com' }),
      channels: ['/event/Sample__e'],
      decode,
      order,
      exclusive,
    }).capabilities,
    setup: async () => openHarness(await start()),
  });
  return {
    subjects: [
      subject('salesforce-streaming, Bayeux', startBayeux),
      subject('salesforce-streaming, Bayeux, several readers', startBayeuxForMany, false),
      subject('salesforce-streaming, Pub/Sub API', startPubSub),
    ],
    close: async () => {},
  };
}

async function startBayeux(): Promise<Server> {
  const org = await salesforceEmulator();
  return {
    org,
    options: {},
    drop() {
      // Being disconnected once is routine: the connection that follows breaks as well.
      org.faults.next('handshake', { kind: 'reset' });
      org.kick();
    },
    connections: () => org.counters.sessions,
    close: () => org.close(),
  };
}

/** Each reader gets every event, and the idempotency store lets one of them handle it. */
async function startBayeuxForMany(): Promise<Server> {
  return { ...(await startBayeux()), options: { exclusive: false } };
}

async function startPubSub(): Promise<Server> {
  const org = await salesforceEmulator();
  const pubsub = await pubSubEmulator(org);
  return {
    org,
    options: { transport: 'pubsub', pubsub: { endpoint: `http://${pubsub.endpoint}` } },
    drop: () => void pubsub.endStreams(),
    connections: () => pubsub.counters.streams,
    async close() {
      await pubsub.close();
      await org.close();
    },
  };
}

function openHarness({ org, options, drop, connections, close }: Server): AdapterHarness {
  const { clientId, clientSecret } = org.credentials;
  const login = { clientId, clientSecret, loginUrl: org.url };
  const here = open();

  function open(): AdapterDestination & { readonly channel: string } {
    const channel = `/event/Conformance${randomUUID().slice(0, 8)}__e`;
    org.log.define(channel, {});
    return {
      channel,
      source: (settings) => sourceOf(channel, settings),
      async publish(events) {
        for (const { id = randomUUID(), type, data = null, key, headers } of events) {
          const body: Body = { type, data, ...(key !== undefined && { key }), ...(headers && { headers }) };
          org.publish(channel, { Body__c: JSON.stringify(body) }, { uuid: id });
        }
      },
      remaining: async () => {
        throw new Error('What is on a channel stays there.');
      },
    };
  }

  function sourceOf(channel: string, settings: SourceSettings = {}) {
    const { concurrency = 16, prefetch = concurrency } = settings;
    const auth = clientCredentials(login);
    return salesforce({ auth, channels: [channel], decode, order, ...options, ...settings, prefetch });
  }

  return {
    ...here,
    other: async () => open(),
    missing: () => sourceOf('/event/Missing__e'),
    async publishGarbage(raw) {
      // The fields of an event are texts, numbers and truth values.
      if (typeof raw !== 'string') return false;
      org.publish(here.channel, { Body__c: raw });
      return true;
    },
    payloadOf: (raw) => String((JSON.parse(String(raw)) as Envelope).payload?.Body__c),
    connections,
    secrets: [clientSecret],
    faults: { drop },
    close,
  };
}

interface Envelope {
  readonly payload?: { readonly Body__c?: unknown };
}

function decode({ envelope }: SalesforceEvent): Body {
  return JSON.parse(String((envelope as Envelope).payload?.Body__c)) as Body;
}

/** Those with a key in their order, and the others at the same time. */
function order(event: SalesforceEvent): string | undefined {
  return decode(event).key;
}
