import { isMillraceError } from '@millrace/core';
import type { Incident } from '../incident.ts';
import type { Books, Published } from '../ledger/books.ts';
import type { Narrator } from '../narrator.ts';
import { grouped } from '../narrator.ts';
import { inBatches, split, until } from '../pace.ts';
import type { EventStore } from './event-store.ts';
import type { ParcelEvent } from './events.ts';
import { customsGroup } from './events.ts';

export interface ParcelStoryOptions {
  readonly eventStore: EventStore;
  readonly events: readonly ParcelEvent[];
  readonly books: Books;
  readonly say: Narrator['say'];
  readonly onPublished: (published: readonly Published[]) => void;
  /** Goods that have no tariff until somebody enters it. */
  readonly withoutTariff: readonly string[];
  readonly incident: Incident;
  readonly signal: AbortSignal;
}

/** What happens to parcels, and to the event store: it is stopped and started, and customs parks what it can't declare. */
export async function tellParcelStory(options: ParcelStoryOptions): Promise<void> {
  const { eventStore, events, books, incident, say, withoutTariff, signal } = options;
  const { groups, server } = eventStore;
  const [node] = server.nodes;
  const [first = [], second = [], ...others] = split(events, 6);
  const published: Published[] = [];

  async function publishInOrder(some: readonly ParcelEvent[]): Promise<void> {
    for (const event of some) {
      const more = await eventStore.publish(event);
      published.push(...more);
      options.onPublished(more);
    }
  }

  /** Streams side by side, each in its order. */
  async function publish(some: readonly ParcelEvent[]): Promise<void> {
    const streams = Map.groupBy(some, ({ data }) => data.parcelId);
    await Promise.all([...streams.values()].map(publishInOrder));
  }

  async function refusal(event: ParcelEvent | undefined): Promise<string> {
    try {
      await publish(event ? [event] : []);
      return 'nothing';
    } catch (error) {
      if (isMillraceError(error)) return error.code;
      throw error;
    }
  }

  await inBatches(first, publish, signal);
  const subscriptions = server.counters.subscriptions;
  await node?.stop();
  say(`The event store is stopped; ${subscriptions} subscriptions end.`);
  const code = await refusal(second[0]);
  await node?.start();
  const before = published.length;
  // What was refused is published once more: the stream is where it was, or the event is in it already.
  await inBatches(second, publish, signal);
  const afterStart = published.slice(before);
  await until(
    () => afterStart.every((event) => event.expected !== 'effect' || books.hasBegun(event)),
    signal,
  );
  say(
    `Who published meanwhile was told ${code}, and published again. It is back with all that it had, and both`,
  );
  say('subscriptions go on: the read model after its replay marker, customs from where the server keeps it.');
  incident.allow();

  await inBatches(others.flat(), publish, signal);
  const unknown = published.filter(({ expected }) => expected === 'replayed').length;
  await until(async () => Number(await groups.countParked(customsGroup)) === unknown, signal);
  const reasons = new Set<string>();
  for await (const { link } of groups.parked(customsGroup)) reasons.add(reasonOf(link?.metadata));
  say(
    `Customs has parked ${await groups.countParked(customsGroup)} parcels, and kept each as a dead letter:`,
  );
  for (const reason of [...reasons].sort()) say(`  ${reason}`);
  books.addTariffs(withoutTariff);
  await groups.replayParked(customsGroup);
  const declared = () => published.filter((event) => event.expected === 'replayed' && books.isEntered(event));
  await until(() => declared().length === unknown, signal);
  say(
    `The numbers are entered and what was parked is replayed: ${declared().length} of ${unknown} are declared.`,
  );

  await until(async () => (await eventStore.unsettled(books.marker)) === 0, signal);
  const { eventsSent } = server.counters;
  say(
    `All in all the event store has handed out ${grouped(eventsSent)} events for the ${grouped(published.length)} that its subscriptions had to hear of.`,
  );
}

/** The server keeps it with the parked event. */
function reasonOf(metadata: unknown): string {
  const { reason } = (metadata ?? {}) as { readonly reason?: unknown };
  return String(reason);
}
