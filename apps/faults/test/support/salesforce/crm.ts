import type { SalesforceEmulator } from '@millrace/testing/salesforce';
import { salesforceEmulator } from '@millrace/testing/salesforce';
import { onTestFinished } from 'vitest';
import type { FastTime } from './fast-clock.ts';
import { fastClock } from './fast-clock.ts';
import type { PublishedEvent } from './history.ts';

/** One of each kind: a platform event, change data capture, a PushTopic, a generic channel. */
const channels = ['/event/Order__e', '/data/AccountChangeEvent', '/topic/OpenCases', '/u/notices'] as const;

/** An org inside of this process, in which a lot happens. */
export interface Crm {
  readonly org: SalesforceEmulator;
  readonly channels: readonly string[];
  /** In the order in which it happened. */
  readonly published: readonly PublishedEvent[];
  /** Publishes until there are so many events, in channels drawn by chance. */
  publishUpTo(count: number): void;
}

/** It is closed after the test. */
export async function openCrm(options: {
  readonly seed: number;
  readonly time: FastTime;
  readonly random: () => number;
}): Promise<Crm> {
  const org = await salesforceEmulator({
    clock: fastClock(options.time),
    seed: options.seed,
    channels: Object.fromEntries(channels.map((channel) => [channel, {}])),
    eventsPerReply: 100,
    chunkBytes: 16_384,
  });
  onTestFinished(() => org.close());
  const published: PublishedEvent[] = [];

  function publish(): void {
    const channel = channels[Math.floor(options.random() * channels.length)] ?? channels[0];
    // More bytes than characters, so that a reply cut anywhere can hurt.
    const id = `№ ${published.length + 1} – 東京 🚚`;
    const { replayId } = org.publish(channel, channel.startsWith('/u/') ? id : { Mark__c: id });
    published.push({ id, channel, replayId });
  }

  return {
    org,
    channels,
    published,
    publishUpTo(count) {
      while (published.length < count) publish();
    },
  };
}
