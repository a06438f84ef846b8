import { randomUUID } from 'node:crypto';
import { httpPubsubError } from '../errors.ts';
import type { EventFacts } from '../wire/event-facts.ts';
import { encodeEventFacts, eventFacts } from '../wire/event-facts.ts';
import type { Metrics } from './metrics.ts';
import type { BroadcasterSettings } from './options.ts';
import type { PublishedMessage } from './ports/message.ts';
import type { FanOut } from './sending/fan-out.ts';
import type { Spooled } from './spool/spool.ts';

export interface Publication {
  readonly topic: Uint8Array;
  readonly digest: Uint8Array;
  /** As the publisher sent it. */
  readonly tracing: Uint8Array;
  /** Released when nobody needs it any more. */
  readonly spooled: Spooled;
}

export interface Published {
  /** How many have it. */
  readonly subscribers: number;
  /** What it is called everywhere. */
  readonly id: string;
}

/** From a message that is there to the answer that its publisher gets. */
export interface Publishing {
  /** A place among those that publish now. Undefined: there is none, or no more at all. */
  enter(): { leave(): void } | undefined;
  /** Rejects with PUBSUB_NOT_PUBLISHED. */
  publish(publication: Publication): Promise<Published>;
  /** Nobody enters any more. */
  stop(): void;
  /** Not even those who entered get anything published: a body that is still coming in must not keep the end waiting. */
  end(): void;
  /** Resolves when all that was published is over, subscribers that did not answer in time included. */
  idle(): Promise<void>;
  readonly running: number;
}

/** Bytes of a tracing field. */
const mostTracing = 65_535;

export function createPublishing(
  { store, replay, limits, clock }: BroadcasterSettings,
  fanOut: FanOut,
  metrics: Metrics,
): Publishing {
  let entered = 0;
  let stopped = false;
  let ended = false;
  let empty: (() => void) | undefined;
  const running = new Set<Promise<void>>();

  /** With its place in the log in its tracing, if there is a log that takes it. */
  async function logged(message: PublishedMessage): Promise<PublishedMessage> {
    const { key, topic, digest, publishedAt, body } = message;
    if (!replay || body.length > replay.bytes) return message;
    const tracing = (sequence: number) =>
      tracingOf({ ...eventFacts(message.tracing), sequence }, message.tracing);
    try {
      const entry = await store.log.append({ key, topic, digest, publishedAt, body, tracing }, replay);
      // The publisher's body: that of the store may be further away.
      return { ...entry.message, body };
    } catch (error) {
      throw httpPubsubError('PUBSUB_NOT_PUBLISHED', 'The message could not be put into the log.', error);
    }
  }

  async function send({ topic, digest, tracing, spooled }: Publication): Promise<Published> {
    if (ended) {
      await spooled.release();
      throw httpPubsubError('PUBSUB_NOT_PUBLISHED', 'The broadcaster has stopped.');
    }
    const facts = eventFacts(tracing) ?? {};
    const id = facts.id ?? randomUUID();
    const unnumbered: PublishedMessage = {
      key: randomUUID(),
      topic,
      digest,
      tracing: tracingOf({ ...facts, id }, tracing),
      publishedAt: clock.now(),
      body: spooled.body,
    };
    const gone = Promise.withResolvers<void>();
    running.add(gone.promise);
    let over: Promise<void> = Promise.resolve();
    try {
      const told = fanOut.tell(await logged(unnumbered));
      ({ over } = told);
      const subscribers = await told.reached;
      metrics.count('published');
      return { subscribers, id };
    } catch (error) {
      metrics.count('notPublished');
      throw error;
    } finally {
      void over
        .catch(() => {})
        .then(() => spooled.release())
        .catch(() => {})
        .then(() => {
          running.delete(gone.promise);
          gone.resolve();
        });
    }
  }

  return {
    enter() {
      if (stopped || entered >= limits.publishing) return undefined;
      entered += 1;
      let left = false;
      return {
        leave() {
          if (left) return;
          left = true;
          entered -= 1;
          if (entered === 0) empty?.();
        },
      };
    },
    publish: send,
    stop() {
      stopped = true;
    },
    end() {
      ended = true;
      empty?.();
    },
    async idle() {
      if (entered > 0 && !ended) {
        await new Promise<void>((resolve) => {
          empty = resolve;
        });
      }
      while (running.size > 0) await Promise.all(running);
    },
    get running() {
      return entered;
    },
  };
}

/** What does not fit stays as the publisher had it. */
function tracingOf(facts: EventFacts, otherwise: Uint8Array): Uint8Array {
  const tracing = encodeEventFacts(facts);
  return tracing.length <= mostTracing ? tracing : otherwise;
}
