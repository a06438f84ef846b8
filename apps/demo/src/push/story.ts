import { setTimeout as pause } from 'node:timers/promises';
import { isMillraceError } from '@millrace/core';
import type { Incident } from '../incident.ts';
import type { Books, Published } from '../ledger/books.ts';
import type { Narrator } from '../narrator.ts';
import { inBatches, split, until } from '../pace.ts';
import type { PushCenter } from './center.ts';
import type { PushEvent } from './events.ts';
import type { PaymentProvider } from './payment-provider.ts';

export interface PushStoryOptions {
  readonly center: PushCenter;
  readonly provider: PaymentProvider;
  readonly events: readonly PushEvent[];
  readonly books: Books;
  readonly say: Narrator['say'];
  readonly onPublished: (published: readonly Published[]) => void;
  readonly incident: Incident;
  readonly signal: AbortSignal;
}

/** Milliseconds until what nobody took is published once more. */
const betweenTries = 200;

/** What is pushed, and what becomes of the broadcaster: it is stopped and started. */
export async function tellPushStory(options: PushStoryOptions): Promise<void> {
  const { center, provider, events, books, incident, say, signal } = options;
  const { publisher } = center;
  const [first = [], second = [], ...others] = split(events, 4);
  const published: Published[] = [];
  let posted = 0;
  let repeated = 0;

  /** Until somebody has it: to publish it again, by the same id, is no harm. */
  async function reach(topic: string, body: string, id: string): Promise<void> {
    for (;;) {
      const { notified } = await publisher.notify(topic, body, { id });
      if (notified > 0) return;
      repeated += 1;
      await pause(betweenTries, undefined, { signal });
    }
  }

  async function publish(event: PushEvent): Promise<void> {
    const { id: eventId, source, expected } = event;
    if (source === 'payments') posted += (await provider.post(event)) - 1;
    // What a subscriber over HTTP does not take is kept for it; who listens by WebSocket has to be there.
    else if (source === 'stock') await publisher.notify(event.topic, event.body, { id: eventId });
    else await reach(event.topic, event.body, eventId);
    const more: Published = { source, eventId, expected };
    published.push(more);
    options.onPublished([more]);
  }

  const publishAll = async (some: readonly PushEvent[]) => {
    await Promise.all(some.map(publish));
  };

  async function refusal(event: PushEvent | undefined): Promise<string> {
    if (event === undefined || event.source === 'payments') return 'nothing';
    try {
      await publisher.notify(event.topic, event.body, { id: event.id });
      return 'nothing';
    } catch (error) {
      if (isMillraceError(error)) return error.code;
      throw error;
    }
  }

  await inBatches(first, publishAll, signal);
  await center.stop();
  const code = await refusal(second.find(({ source }) => source === 'stock'));
  await center.start();
  say(
    `The broadcaster is stopped and started. Who published meanwhile was told ${code}, and publishes again.`,
  );
  await inBatches(second, publishAll, signal);
  incident.allow();

  await inBatches(others.flat(), publishAll, signal);
  const hasEffect = published.filter(({ expected }) => expected === 'effect');
  await until(() => hasEffect.every(books.isEntered), signal);
  say(
    `What was pushed has arrived. ${posted} payments were posted again, and ${repeated} prices published again, for nobody had taken them.`,
  );
}
