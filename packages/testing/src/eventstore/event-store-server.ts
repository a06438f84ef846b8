import { createAccess } from './access.ts';
import { createCluster } from './cluster/cluster.ts';
import type { EventStoreCounters } from './counters.ts';
import { noCounts } from './counters.ts';
import type { EventStoreFaults } from './fault-control.ts';
import { faultControl } from './fault-control.ts';
import { noFaults } from './faults.ts';
import type { NewEvent, Written } from './new-event.ts';
import { proposedFrom } from './new-event.ts';
import type { NodeServer } from './node-server.ts';
import { startNode } from './node-server.ts';
import type { EventStoreServerOptions } from './options.ts';
import { eventStoreSettings } from './options.ts';
import { createGroups } from './persistent/groups.ts';
import { startProjections } from './projections.ts';
import { loadProtocol } from './protocol/protocol.ts';
import type { ServerContext } from './server-context.ts';
import type { EventStoreNode } from './server-nodes.ts';
import { nodeControl } from './server-nodes.ts';
import { createEventStore } from './store/event-store.ts';
import type { ExpectedRevision } from './store/expected-revision.ts';
import type { RecordedEvent, ResolvedEvent } from './store/recorded-event.ts';

/** A server that clients of KurrentDB and EventStoreDB take for theirs, on the loopback address. */
export interface EventStoreServer extends AsyncDisposable {
  /** For the client; with TLS it still needs the certificate (`tlsCAFile`), and with users their names and passwords. */
  readonly connectionString: string;
  /** Of the first node. */
  readonly port: number;
  readonly nodes: readonly EventStoreNode[];
  /** Nobody leads until the next `lead` of a node. */
  electNobody(): void;
  /**
   * Writes events into a stream. With `transaction` as an explicit transaction does: commit and prepare positions differ.
   * Throws an error when the stream is not as expected, or deleted for good.
   */
  append(
    stream: string,
    events: readonly NewEvent[],
    options?: { readonly expected?: ExpectedRevision; readonly transaction?: boolean },
  ): Written;
  /** Deletes a stream: for good, or so that it may be written to again. */
  deleteStream(stream: string, options?: { readonly forGood?: boolean }): void;
  /** All events of a stream that may be read, links as they are or followed. */
  read(stream: string, options?: { readonly resolveLinks?: boolean }): readonly ResolvedEvent[];
  /** All events of all streams, in the order of their positions. */
  readonly log: readonly RecordedEvent[];
  /** Only admins may use the stream, or `$all`; without users nobody may. */
  deny(stream: string, denied?: boolean): void;
  /** No credentials are accepted as long as it is on. */
  revokeCredentials(revoked?: boolean): void;
  readonly faults: EventStoreFaults;
  readonly counters: EventStoreCounters;
  /** Ends all calls and connections at once. Works twice. */
  close(): Promise<void>;
}

/** Starts all nodes. Rejects when an option makes no sense, the port is taken or the client's package is not there. */
export async function eventStoreServer(options: EventStoreServerOptions = {}): Promise<EventStoreServer> {
  const settings = eventStoreSettings(options);
  const store = createEventStore(settings.clock);
  const context: ServerContext = {
    settings,
    protocol: loadProtocol(settings.client),
    store,
    groups: createGroups(store, settings.clock),
    access: createAccess(settings),
    cluster: createCluster(settings.nodes),
    faults: noFaults(),
    counts: noCounts(),
    subscriptions: new Set(),
  };
  // Groups run on the leader alone; another one knows no more of them than their streams say.
  context.cluster.onLeaderLost(() => context.groups.restart());
  if (settings.projections) startProjections(store);
  const servers: NodeServer[] = [];
  for (const [index, node] of context.cluster.nodes.entries()) {
    servers.push(await startNode(context, node, index === 0 ? settings.port : 0));
  }
  const nodes = servers.map((server) => nodeControl(context, server));

  async function close(): Promise<void> {
    context.groups.stop();
    for (const server of servers) await server.close();
  }

  return {
    get connectionString() {
      const scheme = settings.client === 'kurrent' ? 'kurrentdb' : 'esdb';
      const hosts = context.cluster.nodes.map(({ host, port }) => `${host}:${port}`);
      return `${scheme}://${hosts.join(',')}?tls=${settings.tls !== undefined}`;
    },
    get port() {
      return context.cluster.nodes[0]?.port ?? 0;
    },
    nodes,
    electNobody: () => context.cluster.elect(undefined),
    append(stream, events, appendOptions) {
      const result = store.append(stream, events.map(proposedFrom), appendOptions);
      if (result.outcome === 'written') return { revision: result.revision, position: result.position };
      throw new Error(`The events can not be written to "${stream}": ${result.outcome}.`);
    },
    deleteStream(stream, { forGood = false } = {}) {
      const { outcome } = store.delete(stream, 'any', forGood);
      if (outcome !== 'written') throw new Error(`"${stream}" can not be deleted: ${outcome}.`);
    },
    read(stream, { resolveLinks = false } = {}) {
      const events = store.readStream(stream, 0n, Number.MAX_SAFE_INTEGER);
      return events.map((event) => (resolveLinks ? store.resolve(event) : { event }));
    },
    log: store.log,
    deny: (stream, denied = true) => context.access.deny(stream, denied),
    revokeCredentials: (revoked = true) => context.access.revoke(revoked),
    faults: faultControl(context, servers),
    get counters() {
      const { calls, open, ...sent } = context.counts;
      return {
        ...sent,
        calls: Object.fromEntries(calls),
        open: Object.fromEntries(open),
        subscriptions: context.subscriptions.size,
        eventsWritten: store.log.length,
        connections: servers.reduce((sum, { network }) => sum + network.connections, 0),
      };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
