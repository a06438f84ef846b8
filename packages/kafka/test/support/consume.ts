import type { ConsumerOptions, Logger, Message } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { onTestFinished } from 'vitest';
import type { KafkaOptions } from '../../src/index.ts';
import { kafka } from '../../src/index.ts';
import type { Bench } from './broker.ts';

export interface Consuming {
  readonly messages: readonly Message[];
  /** What was handled, as it was sent. */
  readonly values: readonly unknown[];
  readonly status: () => string | undefined;
  /** Why it is degraded or failed. */
  readonly reason: () => { readonly message: string } | undefined;
  readonly details: () => Readonly<Record<string, unknown>> | undefined;
  stop(options?: { now: boolean }): Promise<void>;
}

export type ConsumeOptions = Partial<Omit<KafkaOptions, 'topics'>> & Pick<KafkaOptions, 'topics'>;

/** A consumer that is not started. */
export function consumerOf(
  bench: Bench,
  options: ConsumeOptions,
  {
    handle,
    ...consumerOptions
  }: Partial<ConsumerOptions> & {
    handle?: (message: Message) => unknown;
    log?: Logger;
  } = {},
) {
  const messages: Message[] = [];
  const source = kafka({
    client: bench.library.connect(),
    group: bench.group,
    start: 'earliest',
    name: 'orders',
    ...options,
  });
  const consumer = createConsumer({
    name: 'billing',
    sources: [source],
    store: memoryStore(),
    markers: { every: 10, interval: 50 },
    log: silentLogger,
    ...consumerOptions,
  });
  consumer.on('*', async (message) => {
    await handle?.(message);
    messages.push(message);
  });
  onTestFinished(() => consumer.stop({ now: true }));
  return { consumer, messages };
}

export async function consume(
  bench: Bench,
  options: ConsumeOptions,
  more: Parameters<typeof consumerOf>[2] = {},
): Promise<Consuming> {
  const { consumer, messages } = consumerOf(bench, options, more);
  await consumer.start();
  return {
    messages,
    get values() {
      return messages.map(({ data }) => data);
    },
    status: () => consumer.health().sources['orders']?.status,
    reason: () => consumer.health().sources['orders']?.reason,
    details: () => consumer.health().sources['orders']?.details,
    stop: (stopOptions) => consumer.stop(stopOptions),
  };
}

/** The whole numbers from `from` to `to`. */
export function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
