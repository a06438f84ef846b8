import { setImmediate } from 'node:timers/promises';
import type { Consumer, ConsumerOptions, Message, StoreParts } from '@millrace/core';
import { createConsumer, memoryStore } from '@millrace/core';
import type { ManualClock } from '@millrace/testing';
import { manualClock } from '@millrace/testing';
import type { SalesforceEmulator, SalesforceEmulatorOptions } from '@millrace/testing/salesforce';
import { salesforceEmulator } from '@millrace/testing/salesforce';
import { onTestFinished } from 'vitest';
import { clientCredentials } from '../../../src/auth/client-credentials.ts';
import type { SalesforceOptions } from '../../../src/options.ts';
import type { SalesforceSource } from '../../../src/source.ts';
import { salesforce } from '../../../src/source.ts';
import { recordingLog } from './recording-log.ts';
import { trackRequests } from './requests.ts';

export const orders = '/event/Order__e';
export const refunds = '/event/Refund__e';

/** An org on a clock that the test turns, and consumers of it. */
export interface Bench {
  readonly org: SalesforceEmulator;
  readonly clock: ManualClock;
  readonly store: StoreParts & { readonly replay: Map<string, string> };
  /** Runs the clock on until the condition holds: whatever is waited for comes, and nothing is waited for in real time. */
  until(condition: () => unknown, options?: { readonly step?: number }): Promise<void>;
  consume(options?: ConsumeOptions): Consuming;
}

export interface ConsumeOptions {
  readonly source?: Partial<SalesforceOptions>;
  readonly consumer?: Partial<ConsumerOptions>;
  readonly handle?: (message: Message) => unknown;
  /** Nothing keeps an event that comes twice from being handled twice. */
  readonly showRepeats?: boolean;
}

export interface Consuming {
  readonly consumer: Consumer;
  readonly source: SalesforceSource;
  /** `n` of each event that was handled, in their order. */
  readonly handled: readonly unknown[];
  readonly messages: readonly Message[];
  readonly log: ReturnType<typeof recordingLog>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** State of the session, and of a channel of it. */
  state(channel?: string): unknown;
  health(): ReturnType<Consumer['health']>['sources'][string];
}

export async function bench(options: SalesforceEmulatorOptions = {}): Promise<Bench> {
  const clock = manualClock(Date.UTC(2026, 0, 1, 12));
  const org = await salesforceEmulator({
    clock,
    channels: { [orders]: {}, [refunds]: {} },
    ...options,
  });
  const replay = new Map<string, string>();
  const store = { ...memoryStore({ clock }), replay };
  const consumers = new Set<Consuming>();
  const requests = trackRequests(org);

  async function until(condition: () => unknown, { step = 20 }: { readonly step?: number } = {}) {
    while (!condition()) {
      // Sockets have real time: the clock must not run ahead of them.
      await requests.answered();
      for (let turn = 0; turn < 20 && !condition(); turn += 1) await setImmediate();
      await requests.answered();
      if (!condition()) await clock.advance(step);
    }
  }

  /** Time has to pass for what the promise waits for. */
  async function passing<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const settle = () => void (settled = true);
    promise.then(settle, settle);
    await until(() => settled);
    return await promise;
  }

  onTestFinished(async () => {
    for (const consuming of consumers) await consuming.stop();
    await org.close();
  });

  return {
    org,
    clock,
    store,
    until,
    consume({ source: sourceOptions, consumer: consumerOptions, handle, showRepeats = false } = {}) {
      const source = salesforce({
        auth: clientCredentials({ ...org.credentials, loginUrl: org.url }),
        channels: [orders],
        verify: 'off',
        fetch: requests.fetch,
        ...sourceOptions,
      });
      const log = recordingLog();
      const messages: Message[] = [];
      const consumer = createConsumer({
        name: 'billing',
        sources: [source],
        store: showRepeats ? { ...store, idempotency: undefined } : store,
        log,
        clock,
        random: () => 0.5,
        ...consumerOptions,
      });
      consumer.on(async (message: Message) => {
        await handle?.(message);
        messages.push(message);
      });
      const health = () => {
        const found = consumer.health().sources[source.name];
        if (!found) throw new Error('The source is not there.');
        return found;
      };
      const consuming: Consuming = {
        consumer,
        source,
        messages,
        get handled() {
          return messages.map(({ data }) => (data as { readonly n__c?: unknown }).n__c ?? data);
        },
        log,
        health,
        start: async () => void (await passing(consumer.start())),
        stop: () => passing(consumer.stop()),
        state(channel) {
          const { details } = health();
          const channels = details?.['channels'] as Record<string, { readonly state: string }> | undefined;
          return channel === undefined ? details?.['state'] : channels?.[channel]?.state;
        },
      };
      consumers.add(consuming);
      return consuming;
    },
  };
}
