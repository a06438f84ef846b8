import type { Clock } from '@millrace/core';
import { MillraceError, systemClock } from '@millrace/core';
import type { Destination } from './destination.ts';
import type { StoredEvent, TestEvent } from './event.ts';
import { store } from './event.ts';
import type { HistoryEntry, Record } from './history.ts';
import type { MemoryLog, MemoryLogOptions } from './memory-log.ts';
import { createMemoryLog } from './memory-log.ts';
import type { MemoryQueue, MemoryQueueOptions } from './memory-queue.ts';
import { createMemoryQueue } from './memory-queue.ts';

/** A broker in this process, to test handlers with: it does what brokers do, and what goes wrong with them, on command. */
export interface MemoryBroker {
  /** Makes a queue. Throws SOURCE_OPTIONS when the name is taken. */
  queue(name: string, options?: MemoryQueueOptions): MemoryQueue;
  /** Makes a log. Throws SOURCE_OPTIONS when the name is taken. */
  log(name: string, options?: MemoryLogOptions): MemoryLog;
  /** Publishes in order; answers the ids. Rejects with SOURCE_OPTIONS when there is no such destination. */
  publish(destination: string, ...events: readonly TestEvent[]): Promise<readonly string[]>;
  /** Publishes a payload as it is, garbage included; answers its id. */
  publishRaw(
    destination: string,
    raw: string | Uint8Array,
    event?: Partial<Omit<TestEvent, 'data'>>,
  ): Promise<string>;
  /** All that happened, in order. */
  readonly history: readonly HistoryEntry[];
}

export interface MemoryBrokerOptions {
  /**
   * The clock of leases and delays; give it to the consumer too.
   * @default the system's
   */
  readonly clock?: Clock;
}

export function memoryBroker({ clock = systemClock }: MemoryBrokerOptions = {}): MemoryBroker {
  const destinations = new Map<string, { add(event: StoredEvent): void }>();
  const history: HistoryEntry[] = [];
  let published = 0;

  function recorder(destination: string): Record {
    return (id, happening) => {
      history.push({ at: clock.now(), destination, id, ...happening });
    };
  }

  function make<Made extends Destination & { add(event: StoredEvent): void }>(
    name: string,
    create: (parts: { readonly clock: Clock; readonly record: Record }) => Made,
  ): Made {
    if (destinations.has(name))
      throw new MillraceError('SOURCE_OPTIONS', `The broker has a "${name}" already.`);
    const made = create({ clock, record: recorder(name) });
    destinations.set(name, made);
    return made;
  }

  function add(name: string, event: StoredEvent): string {
    const destination = destinations.get(name);
    if (destination === undefined)
      throw new MillraceError(
        'SOURCE_OPTIONS',
        `The broker has no "${name}". Make it with queue() or log() first.`,
      );
    destination.add(event);
    return event.id;
  }

  const nextId = (): string => `event-${(published += 1)}`;

  return {
    queue: (name, options = {}) => make(name, (parts) => createMemoryQueue(name, options, parts)),
    log: (name, options = {}) => make(name, (parts) => createMemoryLog(name, options, parts)),
    async publish(destination, ...events) {
      return events.map((event) => add(destination, store(event, event.id ?? nextId(), clock.now())));
    },
    async publishRaw(destination, raw, { type = '', id = nextId(), key, headers = {} } = {}) {
      return add(destination, { id, type, key, headers, raw, publishedAt: clock.now() });
    },
    history,
  };
}
