import { randomUUID } from 'node:crypto';
import type { Capabilities, Source, SourceSettings } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import type { AdapterDestination, AdapterHarness, AdapterSubject } from '@millrace/testing';
import type { EventStoreServer } from '@millrace/testing/eventstore';
import { eventStoreServer } from '@millrace/testing/eventstore';
import type { EventstoreFrom, RecordedEvent } from '../../src/index.ts';
import { eventstore, eventstoreGroups, eventstorePublisher } from '../../src/index.ts';

const password = 'conformance-secret-password';
/** A stream that is deleted for good. */
const deleted = 'deleted';

/** A way to read what is published to a category. */
interface Mode {
  source(connectionString: string, from: EventstoreFrom, settings: SourceSettings): Source;
  /** A source for what is not there. */
  missing(connectionString: string, settings: SourceSettings): Source;
  /** What of a category's events is not settled. Not asked of subscriptions that settle nothing. */
  remaining(server: EventStoreServer, category: string): Promise<number>;
  from(category: string): EventstoreFrom;
}

/** Subscriptions of all modes, on a test server each. */
export async function openConformance(): Promise<{
  readonly subjects: readonly AdapterSubject[];
  close(): Promise<void>;
}> {
  const subject = (name: string, mode: Mode): AdapterSubject => ({
    name,
    capabilities: capabilitiesOf(mode),
    setup: () => openHarness(mode),
  });
  return {
    subjects: [
      subject('eventstore, catch-up', catchUp),
      subject('eventstore, catch-up, several readers', catchUpForMany),
      subject('eventstore, live', live),
      subject('eventstore, persistent', persistent),
    ],
    close: async () => {},
  };
}

function capabilitiesOf({ source, from }: Mode): Capabilities {
  return source('kurrentdb://localhost', from('sample'), {}).capabilities;
}

const byKey = ({ metadata }: RecordedEvent) => (metadata as { readonly key?: string } | undefined)?.key;
const byCategory = (category: string): EventstoreFrom => ({ category });
const byPrefix = (category: string): EventstoreFrom => ({
  all: true,
  filter: { streams: { prefixes: [`${category}-`] }, checkpointInterval: 1 },
});
const neverAsked = async () => {
  throw new Error('What is in a stream stays there.');
};

const catchUp = readerOf('catch-up', byCategory);
const catchUpForMany = readerOf('catch-up', byPrefix, { exclusive: false });
const live = readerOf('live', byPrefix);

function readerOf(
  mode: 'catch-up' | 'live',
  from: Mode['from'],
  options: { readonly exclusive?: boolean } = {},
): Mode {
  const source: Mode['source'] = (connectionString, where, { start, ...settings }) =>
    eventstore({
      connectionString,
      from: where,
      mode,
      order: byKey,
      ...(mode === 'catch-up' && (start === 'earliest' || start === 'latest') && { start }),
      ...settings,
      ...options,
    });
  return {
    source,
    from,
    // One that is not there yet may come; one that was deleted for good can't.
    missing: (connectionString, settings) => source(connectionString, { stream: deleted }, settings),
    remaining: neverAsked,
  };
}

const group = 'billing';

const persistent: Mode = {
  from: byCategory,
  source: (connectionString, from, settings) => persistentSource(connectionString, from, settings),
  missing: (connectionString, settings) =>
    persistentSource(connectionString, { category: 'missing' }, settings, { onMissing: 'fail' }),
  async remaining({ connectionString, read }, category) {
    await using groups = eventstoreGroups({ connectionString });
    const published = read(`$ce-${category}`).length;
    const name = { from: byCategory(category), group };
    const info = await groups.info(name).catch((error: unknown) => {
      if (isMillraceError(error, 'EVENTSTORE_GROUP_MISSING')) return undefined;
      throw error;
    });
    if (info === undefined) return published;
    const { stats } = info;
    const { lastKnownEventRevision: last = -1n, readBufferCount, retryBufferCount } = stats;
    return published - Number(last + 1n) + readBufferCount + retryBufferCount + stats.totalInFlightMessages;
  },
};

function persistentSource(
  connectionString: string,
  from: EventstoreFrom,
  { start: _start, onInvalidPosition: _policy, commit: _commit, ...settings }: SourceSettings,
  { onMissing }: { readonly onMissing?: 'fail' } = {},
): Source {
  return eventstore({
    connectionString,
    from,
    mode: 'persistent',
    group,
    settings: { startFrom: 'start' },
    ...(onMissing && { onMissing }),
    ...settings,
  });
}

async function openHarness(mode: Mode): Promise<AdapterHarness> {
  // The log takes records of 16 MiB; how much an append may have is a setting of the server.
  const server = await eventStoreServer({ maxAppendSize: 16_777_216 });
  const publisher = eventstorePublisher({ connectionString: server.connectionString });
  const withPassword = (port: number) => `kurrentdb://admin:${password}@127.0.0.1:${port}?tls=false`;
  server.append(deleted, [{ type: 'Conformance.checked' }]);
  server.deleteStream(deleted, { forGood: true });
  const { category, ...here } = open();

  function open(): AdapterDestination & { readonly category: string } {
    const name = `orders${randomUUID().slice(0, 8)}`;
    return {
      category: name,
      source: (settings = {}) => mode.source(withPassword(server.port), mode.from(name), settings),
      async publish(events) {
        // Each time to another stream: in one and the same the server keeps an event that comes again once.
        const stream = `${name}-${randomUUID()}`;
        await publisher.publishMany(
          events.map(({ type, data = null, id, key, headers }) => ({
            type,
            data,
            ...(id !== undefined && { id }),
            headers: { ...headers, ...(key !== undefined && { key }) },
          })),
          { stream },
        );
      },
      remaining: () => mode.remaining(server, name),
    };
  }

  return {
    ...here,
    other: async () => open(),
    missing: () => mode.missing(withPassword(server.port), {}),
    async publishGarbage(raw) {
      server.append(`${category}-${randomUUID()}`, [
        { type: 'Conformance.checked', data: Buffer.from(raw), json: true },
      ]);
      return true;
    },
    // Of an event that is said to be JSON the clients make text, whatever its bytes.
    asRead: (raw) => (typeof raw === 'string' ? raw : new TextDecoder().decode(raw)),
    maxPayload: 16_777_216 - 1_000,
    connections: () => server.counters.subscriptions,
    secrets: [password],
    faults: {
      drop: () => void server.faults.killConnections(),
      duplicate: (times = 1) => server.faults.duplicate(times),
    },
    async close() {
      await publisher.close();
      await server.close();
    },
  };
}
