import type { Clock } from '@millrace/core';
import type { EventLog } from '../event-log/event-log.ts';
import type { LoggedEvent } from '../event-log/event.ts';
import { replayIdToBytes } from '../event-log/replay-id.ts';
import { encode } from './encode.ts';
import type { FetchResponse } from './messages.ts';
import type { PubSubEvent, SchemaBook } from './schema-book.ts';

/** What hands the events of a topic out on one stream. */
export interface Delivery {
  readonly topic: string;
  /** Room for so many more. */
  request(count: number): void;
  /** Sends nothing from now on, as a server that hangs, or goes on. */
  mute(muted: boolean): void;
  stop(): void;
}

export interface DeliveryOptions {
  readonly topic: string;
  readonly backlog: readonly LoggedEvent[];
  readonly log: EventLog;
  readonly schemas: SchemaBook;
  readonly clock: Clock;
  /** Milliseconds without an event after which an empty response is sent. */
  readonly keepAlive: number;
  readonly send: (response: Omit<FetchResponse, 'rpcId'>) => void;
  /** Nothing was asked for for too long. */
  readonly onIdle: () => void;
}

/** Pub/Sub API guide, "Flow Control": events that are asked for add up, to this many. */
const mostPending = 100;
/** Milliseconds. Pub/Sub API guide, "Flow Control": with nothing asked for, a stream lives on for a minute. */
const idleTimeout = 60_000;

export function startDelivery(options: DeliveryOptions): Delivery {
  const { topic, log, schemas, clock } = options;
  const queue: PubSubEvent[] = [];
  let pending = 0;
  let muted = false;
  let scheduled = false;
  let cancelTimer = () => {};

  function take(event: LoggedEvent): void {
    if (event.kind === 'platform' || event.kind === 'change') queue.push(event);
  }

  function flush(): void {
    scheduled = false;
    if (muted) return;
    const events = queue.splice(0, pending).map((event) => encode(event, schemas));
    const last = events.at(-1);
    if (last) {
      pending -= events.length;
      options.send({ events, latestReplayId: last.replayId, pendingNumRequested: pending });
    }
    waitAgain();
  }

  /** What is published together goes out together. */
  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(flush);
  }

  function waitAgain(): void {
    cancelTimer();
    cancelTimer =
      pending > 0
        ? clock.setTimeout(keepAlive, options.keepAlive)
        : clock.setTimeout(options.onIdle, idleTimeout);
  }

  function keepAlive(): void {
    if (!muted) {
      options.send({
        events: [],
        latestReplayId: replayIdToBytes(log.pass(topic)),
        pendingNumRequested: pending,
      });
    }
    waitAgain();
  }

  options.backlog.forEach(take);
  const unsubscribe = log.onAppend(topic, (event) => {
    take(event);
    schedule();
  });

  return {
    topic,
    request(count) {
      pending = Math.min(mostPending, pending + count);
      waitAgain();
      if (queue.length > 0) schedule();
    },
    mute(on) {
      muted = on;
      if (!on) schedule();
    },
    stop() {
      unsubscribe();
      cancelTimer();
      pending = 0;
      muted = true;
    },
  };
}
