import type { Clock } from '@millrace/core';
import type { ResolvedEvent } from '../store/recorded-event.ts';
import { receivedOf } from '../store/recorded-event.ts';
import type { Consumer, ConsumerChannel } from './consumer.ts';
import { createConsumer } from './consumer.ts';
import { createBacklog } from './backlog.ts';
import { createCheckpoint } from './checkpoint.ts';
import type { Feed } from './feed.ts';
import type { GroupSettings } from './group-settings.ts';
import type { GroupStreams } from './group-streams.ts';
import { createInFlight } from './in-flight.ts';
import type { GroupMessage, GroupPosition } from './message.ts';
import { createReplay } from './replay.ts';
import type { PushResult } from './strategy.ts';
import { strategyOf } from './strategy.ts';

/** What a consumer says of events that it did not handle. `stop` does nothing but settle them, as on a server. */
export type NackAction = 'unknown' | 'park' | 'retry' | 'skip' | 'stop';

/** A group of competing consumers, while the server runs and its settings stay as they are. */
export interface Group {
  readonly feed: Feed;
  readonly name: string;
  readonly settings: GroupSettings;
  readonly stats: GroupStats;
  /** Undefined when the group has as many subscribers as it may have. */
  connect(slots: number, channel: ConsumerChannel): Consumer | undefined;
  /** What was with the consumer goes to others, as a retry. */
  disconnect(consumer: Consumer): void;
  ack(ids: readonly string[]): void;
  nack(ids: readonly string[], action: NackAction, reason: string): void;
  /** There may be something new to read. */
  wake(): void;
  /** Parked events go to consumers before new ones. False when a replay is under way. */
  replayParked(stopAt: bigint | undefined): boolean;
  /** Hands out nothing until somebody joins, and goes on to list its consumers. */
  stall(): void;
  /** Drops all consumers; nothing happens any more. */
  stop(): void;
}

/** What a group tells of itself. */
export interface GroupStats {
  readonly consumers: readonly Consumer[];
  readonly live: boolean;
  readonly total: number;
  readonly inFlight: number;
  readonly retrying: number;
  readonly buffered: number;
  readonly lastKnown: GroupPosition | undefined;
  readonly lastCheckpointed: GroupPosition | undefined;
}

/** How often a server looks for timeouts and due checkpoints. */
const tickInterval = 1_000;

export interface GroupParts {
  readonly name: string;
  readonly settings: GroupSettings;
  readonly feed: Feed;
  readonly streams: GroupStreams;
  readonly clock: Clock;
}

/** Goes on from the checkpoint, where there is one. */
export function startGroup({ name, settings, feed, streams, clock }: GroupParts): Group {
  const loaded = streams.loadCheckpoint();
  const checkpoint = createCheckpoint(settings, clock, loaded, streams.saveCheckpoint);
  const backlog = createBacklog(settings, feed, loaded ?? feed.before(settings.startFrom));
  const strategy = strategyOf(settings.strategy);
  const consumers = new Set<Consumer>();
  const inFlight = createInFlight();
  const replay = createReplay(streams, clock, settings.readBatchSize, (event) => {
    backlog.retry(messageOf(event));
    push();
  });
  let total = 0;
  let pushing = false;
  let pushAgain = false;
  let stalled = false;
  let cancelTick = clock.setTimeout(tick, tickInterval);

  /** Writing to the store wakes the group, maybe in the middle of a push. */
  function push(): void {
    if (stalled) {
      // It still reads ahead.
      backlog.next();
      return;
    }
    pushAgain = true;
    if (pushing) return;
    pushing = true;
    try {
      while (pushAgain) {
        pushAgain = false;
        pushRetries();
        pushNew();
      }
    } finally {
      pushing = false;
    }
  }

  function pushRetries(): void {
    for (const message of backlog.retries()) {
      const result = offer(message);
      if (result === 'full') return;
      if (result === 'sent') backlog.settleRetry(message);
    }
  }

  function pushNew(): void {
    for (let entry = backlog.next(); entry; entry = backlog.next()) {
      if (entry.kind === 'event') {
        const message = { ...messageOf(entry.event), order: checkpoint.next() };
        const result = offer(message);
        if (result === 'full') return;
        if (result === 'held-back') backlog.retry(message);
      }
      backlog.shift();
      checkpoint.pass(entry);
      if (entry.kind === 'filtered') mark('settled');
    }
  }

  function offer(message: GroupMessage): PushResult {
    // Its twin is with a consumer. Acks could not tell them apart.
    if (inFlight.has(message.id)) return 'sent';
    const result = strategy.push(message);
    if (result !== 'sent') return result;
    total += 1;
    const { messageTimeout } = settings;
    inFlight.start(
      message,
      messageTimeout === 0 ? Number.POSITIVE_INFINITY : clock.monotonic() + messageTimeout,
    );
    return result;
  }

  function settle(id: string): void {
    inFlight.remove(id);
    for (const consumer of consumers) consumer.settle(id);
  }

  function retry(message: GroupMessage): void {
    settle(message.id);
    backlog.retry({ ...message, retryCount: message.retryCount + 1 });
  }

  function retryOrPark(message: GroupMessage): void {
    if (message.retryCount < settings.maxRetryCount) retry(message);
    else park(message, `Retried ${settings.maxRetryCount} times, which is the limit.`);
  }

  function park(message: GroupMessage, reason: string): void {
    settle(message.id);
    streams.park(message.event, reason);
  }

  function mark(kind: 'settled' | 'tick'): void {
    checkpoint.mark(() => [...inFlight.all(), ...backlog.retries()], kind);
  }

  function tick(): void {
    cancelTick = clock.setTimeout(tick, tickInterval);
    for (const message of inFlight.expired(clock.monotonic())) retryOrPark(message);
    push();
    mark('tick');
  }

  function afterAnswer(): void {
    mark('settled');
    push();
  }

  return {
    feed,
    name,
    settings,
    connect(slots, channel) {
      if (settings.maxSubscriberCount > 0 && consumers.size >= settings.maxSubscriberCount) return undefined;
      const consumer = createConsumer(slots, channel);
      stalled = false;
      consumers.add(consumer);
      strategy.add(consumer);
      return consumer;
    },
    disconnect(consumer) {
      if (!consumers.delete(consumer)) return;
      strategy.remove(consumer);
      for (const message of consumer.inFlight.values()) retry(message);
      push();
    },
    ack(ids) {
      for (const id of ids) settle(id);
      afterAnswer();
    },
    nack(ids, action, reason) {
      for (const id of ids) {
        const message = inFlight.get(id);
        if (!message) continue;
        if (action === 'retry' || action === 'unknown') retryOrPark(message);
        else if (action === 'park') park(message, reason);
        else settle(id);
      }
      afterAnswer();
    },
    wake: push,
    replayParked: replay.start,
    stall() {
      stalled = true;
    },
    stop() {
      cancelTick();
      replay.stop();
      const dropped = [...consumers];
      for (const consumer of dropped) strategy.remove(consumer);
      consumers.clear();
      for (const consumer of dropped) consumer.channel.drop();
    },
    get stats() {
      return {
        consumers: [...consumers],
        live: backlog.live,
        total,
        inFlight: inFlight.size,
        retrying: backlog.retries().length,
        buffered: backlog.buffered,
        lastKnown: backlog.lastRead,
        lastCheckpointed: checkpoint.saved,
      };
    },
  };
}

function messageOf(event: ResolvedEvent): GroupMessage {
  return { id: receivedOf(event).id, event, retryCount: 0, order: undefined };
}
