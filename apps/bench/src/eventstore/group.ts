import { setTimeout } from 'node:timers/promises';
import type { KurrentDBClient, ResolvedEvent } from '@kurrent/kurrentdb-client';

import type { BenchEvent } from './bench-event.ts';

/** Milliseconds that Millrace has by default; the client's is 30 s. */
const messageTimeout = 120_000;

/** Made before anything is measured, with defaults but for the start and the time. */
export async function createGroup(client: KurrentDBClient, stream: string, group: string): Promise<void> {
  const { persistentSubscriptionToStreamSettingsFromDefaults: withDefaults } =
    await import('@kurrent/kurrentdb-client');
  const settings = withDefaults({ startFrom: 'start', messageTimeout });
  await client.createPersistentSubscriptionToStream(stream, group, settings);
}

/** Has all acknowledgements counted when they are handed to the client, in the same way for whoever subscribes. */
export function watchAcks(client: KurrentDBClient, settled: (number: number) => void): void {
  const subscribe = client.subscribeToPersistentSubscriptionToStream.bind(client);
  client.subscribeToPersistentSubscriptionToStream = (...args: Parameters<typeof subscribe>) => {
    const subscription = subscribe(...args);
    const ack = subscription.ack.bind(subscription);
    subscription.ack = (...events: ResolvedEvent[]) => {
      const told = ack(...events);
      for (const { event } of events) {
        if (event) settled((event.data as unknown as BenchEvent).number);
      }
      return told;
    };
    return subscription;
  };
}

/** Resolves when the server knows that all events of the group are done, and none was parked. */
export async function assertSettled(client: KurrentDBClient, stream: string, group: string): Promise<void> {
  const info = () => client.getPersistentSubscriptionToStreamInfo(stream, group);
  let { stats } = await info();
  for (let left = 100; stats.totalInFlightMessages > 0 && left > 0; left -= 1) {
    await setTimeout(10);
    ({ stats } = await info());
  }
  const { totalInFlightMessages, retryBufferCount, parkedMessageCount, readBufferCount } = stats;
  const open = totalInFlightMessages + retryBufferCount + readBufferCount + Number(parkedMessageCount);
  if (open > 0) throw new Error(`To the server, ${open} events of "${group}" are not done.`);
}
