import type { SentRecord } from '../client/port.ts';
import type { Prepared } from './prepare.ts';

/** Sends events of one topic together. Answers their places, in order. */
export type Send = (topic: string, events: readonly Prepared[]) => Promise<readonly SentRecord[]>;

export interface Outbox {
  /** Resolves with where the broker has put them, in order. Rejects with what kept some of them out, and sends no more of them. */
  add(events: readonly Prepared[]): Promise<readonly SentRecord[]>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** Events that were added together. */
interface Order {
  readonly events: readonly Prepared[];
  /** How many of them are in batches. */
  taken: number;
  readonly places: SentRecord[];
  readonly sent: PromiseWithResolvers<readonly SentRecord[]>;
}

interface Batch {
  readonly events: readonly Prepared[];
  /** Whose they are, and how many in a row. */
  readonly parts: readonly { readonly order: Order; readonly count: number }[];
}

/** kafkajs takes quadratic time to sort what goes to one partition. */
const mostRecords = 1_000;

/**
 * One batch is under way at a time, and what comes meanwhile makes the next one: a single event waits for nobody, and many
 * are sent together. So their order is kept, too.
 */
export function createOutbox(send: Send, maxBatchBytes: number): Outbox {
  let waiting: Order[] = [];
  let sending: Promise<void> | undefined;

  function takeBatch(topic: string): Batch {
    const events: Prepared[] = [];
    const parts: { order: Order; count: number }[] = [];
    let bytes = 0;
    for (const order of waiting) {
      const { length } = events;
      for (const event of order.events.slice(order.taken, order.taken + mostRecords)) {
        bytes += event.bytes;
        if (event.topic !== topic || bytes > maxBatchBytes || events.length === mostRecords) break;
        events.push(event);
      }
      const count = events.length - length;
      if (count > 0) parts.push({ order, count });
      order.taken += count;
      if (order.taken < order.events.length) break;
    }
    waiting.splice(0, parts.filter(({ order }) => order.taken === order.events.length).length);
    return { events, parts };
  }

  async function sendBatch(topic: string): Promise<void> {
    const { events, parts } = takeBatch(topic);
    try {
      const places = await send(topic, events);
      let next = 0;
      for (const { order, count } of parts) {
        order.places.push(...places.slice(next, next + count));
        next += count;
        if (order.places.length === order.events.length) order.sent.resolve(order.places);
      }
    } catch (error) {
      for (const { order } of parts) order.sent.reject(error);
      waiting = waiting.filter((order) => parts.every((part) => part.order !== order));
    }
  }

  async function sendAll(): Promise<void> {
    // Events of one turn of the event loop go together.
    await new Promise(setImmediate);
    for (let [first] = waiting; first !== undefined; [first] = waiting) {
      await sendBatch(first.events[first.taken]?.topic ?? '');
    }
    sending = undefined;
  }

  return {
    async add(events) {
      if (events.length === 0) return [];
      const sent = Promise.withResolvers<readonly SentRecord[]>();
      waiting.push({ events, taken: 0, places: [], sent });
      sending ??= sendAll();
      return await sent.promise;
    },
    async idle() {
      await sending;
    },
  };
}
