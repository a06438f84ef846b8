import type { SentRecord } from '../client/port.ts';
import type { Prepared } from './prepare.ts';

/** Sends events of one topic together. Answers their places, in order. */
export type Send = (topic: string, events: readonly Prepared[]) => Promise<readonly SentRecord[]>;

export interface Outbox {
  /** Resolves with where the broker has put it. */
  add(event: Prepared): Promise<SentRecord>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

interface Waiting {
  readonly event: Prepared;
  readonly sent: PromiseWithResolvers<SentRecord>;
}

/** kafkajs takes quadratic time to sort what goes to one partition. */
const mostRecords = 1_000;

/**
 * One batch is under way at a time, and what comes meanwhile makes the next one: a single event waits for nobody, and many
 * are sent together. So their order is kept, too.
 */
export function createOutbox(send: Send, maxBatchBytes: number): Outbox {
  let waiting: Waiting[] = [];
  let sending: Promise<void> | undefined;

  function takeBatch(): readonly Waiting[] {
    const topic = waiting[0]?.event.topic;
    let bytes = 0;
    let count = 0;
    for (const { event } of waiting) {
      bytes += event.bytes;
      if (event.topic !== topic || bytes > maxBatchBytes || count === mostRecords) break;
      count += 1;
    }
    return waiting.splice(0, count);
  }

  async function sendAll(): Promise<void> {
    // Events of one turn of the event loop go together.
    await new Promise(setImmediate);
    while (waiting.length > 0) {
      const batch = takeBatch();
      try {
        const places = await send(
          batch[0]?.event.topic ?? '',
          batch.map(({ event }) => event),
        );
        batch.forEach(({ sent }, index) =>
          sent.resolve(places[index] ?? { partition: -1, offset: undefined }),
        );
      } catch (error) {
        for (const { sent } of batch) sent.reject(error);
      }
    }
    sending = undefined;
  }

  return {
    add(event) {
      const sent = Promise.withResolvers<SentRecord>();
      waiting.push({ event, sent });
      sending ??= sendAll();
      return sent.promise;
    },
    async idle() {
      await sending;
    },
  };
}
