import type { DeadLetterReason } from '@millrace/core';
import type { Dataset } from './dataset/generate.ts';
import type { Mishap } from './dataset/mishaps.ts';
import type { Channel, ShopEvent } from './events.ts';

/** One message to publish. */
export type Publication = {
  readonly channel: Channel;
  /** What FIFO topics and queues order by. */
  readonly orderId: string;
  /** What they know a repetition by: the same for what is sent again, another one for what is published anew. */
  readonly deduplicationId: string;
  readonly expected: 'effect' | DeadLetterReason;
} & (
  | {
      /** What is written straight to the queue passes by the filter of its subscription. */
      readonly to: 'topic' | 'queue';
      readonly event: { readonly id: string; readonly type: string; readonly data: unknown };
    }
  | { readonly to: 'queue'; readonly garbage: string }
);

/** The events of the dataset with its mishaps in between. */
export function planPublications({ events, mishaps }: Dataset): readonly Publication[] {
  const known = new Map(events.map((event) => [event.id, event]));
  const plan: Publication[] = [];
  const remaining = mishaps.values();
  let next = remaining.next();

  function addMishapsUpTo(published: number): void {
    for (; !next.done && next.value.after <= published; next = remaining.next()) {
      plan.push(publishMishap(next.value, plan.length, known));
    }
  }

  events.forEach((event, index) => {
    addMishapsUpTo(index);
    plan.push(publishEvent(event));
  });
  addMishapsUpTo(Infinity);
  return plan;
}

/** The id that the event was made with; garbage has none. */
export function eventIdOf(publication: Publication): string | undefined {
  return 'event' in publication ? publication.event.id : undefined;
}

function publishEvent({ channel, id, type, data }: ShopEvent): Publication {
  const event = { id, type, data };
  return { channel, to: 'topic', event, orderId: data.orderId, deduplicationId: id, expected: 'effect' };
}

function publishMishap(mishap: Mishap, number: number, known: ReadonlyMap<string, ShopEvent>): Publication {
  switch (mishap.kind) {
    case 'resent':
    case 'republished': {
      const event = known.get(mishap.id);
      if (event === undefined)
        throw new Error(`data/mishaps.jsonl repeats ${mishap.id}, which data/events.jsonl does not have.`);
      return { ...publishEvent(event), deduplicationId: `${mishap.kind}-${number}` };
    }
    case 'garbage': {
      const { channel, body } = mishap;
      const deduplicationId = `garbage-${number}`;
      return {
        channel,
        to: 'queue',
        garbage: body,
        orderId: 'none',
        deduplicationId,
        expected: 'undecodable',
      };
    }
    case 'invalid':
    case 'unhandled':
    case 'poison': {
      const { channel, id, type, data, kind } = mishap;
      const to = kind === 'unhandled' ? 'queue' : 'topic';
      const expected = kind === 'poison' ? 'exhausted' : kind;
      const event = { id, type, data };
      return { channel, to, event, orderId: String(data['orderId']), deduplicationId: id, expected };
    }
  }
}
