import type {
  Capabilities,
  Clock,
  Incoming,
  Position,
  Source,
  SourceContext,
  SourceSession,
  SourceSettings,
} from '@millrace/core';
import { MillraceError } from '@millrace/core';
import type { Connection } from './connections.ts';
import { createConnections } from './connections.ts';
import type { Destination } from './destination.ts';
import type { StoredEvent } from './event.ts';
import { toIncoming } from './event.ts';
import { createFaults } from './faults.ts';
import type { Record } from './history.ts';
import type { LogChannel } from './log-channel.ts';
import { createLogChannel } from './log-channel.ts';
import { receive } from './receive.ts';

export interface MemoryLogOptions {
  /**
   * Channels with positions of their own; an event goes to the one of its key.
   * @default 1
   */
  readonly channels?: number;
  /**
   * Events a channel keeps; older ones are forgotten, and positions before them become invalid.
   * @default Infinity
   */
  readonly retention?: number;
  /**
   * Who keeps the markers: the consumer's replay storage, or the broker, for each consumer name.
   * @default 'opaque'
   */
  readonly positions?: 'opaque' | 'broker';
  /**
   * Only one consumer may be connected at a time; another one is refused.
   * @default false
   */
  readonly exclusive?: boolean;
  /**
   * The most messages in one batch.
   * @default 10
   */
  readonly batch?: number;
}

/** A log such as Kafka or an event store: positions instead of acknowledgements, replay, groups by consumer name. */
export interface MemoryLog extends Destination {
  /** Markers that consumers have committed to the broker, by consumer name and channel. */
  committed(consumer: string, channel: string): Position | undefined;
}

export function createMemoryLog(
  name: string,
  {
    channels: count = 1,
    retention = Infinity,
    positions = 'opaque',
    exclusive = false,
    batch = 10,
  }: MemoryLogOptions,
  { record }: { readonly clock: Clock; readonly record: Record },
): MemoryLog & { add(event: StoredEvent): void } {
  const connections = createConnections();
  const { faults: all, set } = createFaults({
    drop: connections.breakAll,
    expireLeases() {},
    changed: connections.wakeAll,
  });
  // A log has neither leases nor settlements.
  const { expireLeases: _expireLeases, refuseSettles: _refuseSettles, ...faults } = all;
  const channels = Array.from({ length: count }, (_, index) => createLogChannel(String(index), retention));
  const commits = new Map<string, Position>();
  const commitKey = (consumer: string, channel: string) => JSON.stringify([consumer, channel]);
  const capabilities: Capabilities = {
    settle: 'none',
    redelivery: 'none',
    deliveryCount: 'none',
    order: 'perKey',
    position: positions,
    replay: retention === Infinity ? 'all' : 'retention',
    exclusive,
    settleBatch: { size: 100, linger: 0 },
  };

  async function startOffset(
    channel: LogChannel,
    context: SourceContext,
    settings: SourceSettings,
  ): Promise<number> {
    const committed =
      positions === 'broker' ? commits.get(commitKey(context.consumer, channel.name)) : undefined;
    const start = committed === undefined ? await context.start(channel.name) : { after: committed };
    const offset = channel.offsetOf(start);
    if (offset !== undefined) return offset;
    const { onInvalidPosition = 'fail' } = settings;
    const problem = `The position of channel "${channel.name}" is no longer kept.`;
    if (onInvalidPosition === 'fail')
      throw new MillraceError(
        'POSITION_INVALID',
        `${problem} Set "onInvalidPosition" to go on in spite of the gap.`,
      );
    context.log.warn(`${problem} Events are missed; it goes on at the ${onInvalidPosition}.`, {
      channel: channel.name,
    });
    return channel.offsetOf(onInvalidPosition) ?? channel.end;
  }

  async function open(context: SourceContext, settings: SourceSettings): Promise<SourceSession> {
    if (exclusive && connections.count > 0)
      throw new Error(`Somebody else is connected to "${name}", which takes one at a time.`);
    const connection = connections.connect(context.signal);
    try {
      const offsets = await Promise.all(channels.map((channel) => startOffset(channel, context, settings)));
      return session(context, connection, offsets);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  function session(context: SourceContext, connection: Connection, offsets: number[]): SourceSession {
    let turn = 0;

    /** From one channel at a time, each in turn. */
    function read(max: number): readonly Incoming[] {
      if (set.silence) return [];
      for (let tried = 0; tried < channels.length; tried += 1) {
        const index = turn++ % channels.length;
        const channel = channels[index];
        const from = offsets[index] ?? 0;
        const entries = channel?.read(from, max) ?? [];
        if (channel === undefined || entries.length === 0) continue;
        offsets[index] = from + entries.length;
        const messages = entries.map((event, at) => deliver(event, channel, from + at));
        return set.takeReorder() ? messages.toReversed() : messages;
      }
      return [];
    }

    function deliver(event: StoredEvent, channel: LogChannel, offset: number): Incoming {
      record(event.id, { kind: 'delivered', deliveryCount: 1 });
      return toIncoming(event, { channel: channel.name, position: channel.positionOf(offset) });
    }

    return {
      receive: (demand) => receive(demand, { batch, context, connection, read }),
      settle: () => Promise.resolve(),
      async close() {
        connection.close();
      },
      pending: () =>
        channels.reduce((sum, channel, index) => sum + Math.max(0, channel.end - (offsets[index] ?? 0)), 0),
      ...(positions === 'broker' && {
        async commit(channel: string, position: Position) {
          await set.silence;
          commits.set(commitKey(context.consumer, channel), position);
        },
      }),
    };
  }

  return {
    name,
    capabilities,
    faults,
    source: (settings: SourceSettings = {}): Source => ({
      name: settings.name ?? name,
      capabilities,
      settings,
      open: (context) => open(context, settings),
    }),
    add(event) {
      record(event.id, { kind: 'published' });
      const channel = channels[event.key === undefined ? 0 : hash(event.key) % channels.length];
      channel?.append(event);
      if (set.takeDuplicate()) channel?.append(event);
      connections.wakeAll();
    },
    get remaining() {
      return channels.flatMap((channel) => channel.read(0, Infinity));
    },
    committed: (consumer, channel) => commits.get(commitKey(consumer, channel)),
    get connected() {
      return connections.count;
    },
  };
}

function hash(text: string): number {
  let value = 0;
  for (const character of text) value = (value * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return value;
}
