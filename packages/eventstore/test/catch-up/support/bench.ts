import type { Consumer, ConsumerOptions, HandlerContext, Message } from '@millrace/core';
import { createConsumer, memoryStore } from '@millrace/core';
import type { EventStoreServer, EventStoreServerOptions } from '@millrace/testing/eventstore';
import { eventStoreServer } from '@millrace/testing/eventstore';
import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { onTestFinished } from 'vitest';
import type { CatchUpOptions } from '../../../src/options.ts';
import { eventstore } from '../../../src/source.ts';

/** A server, and consumers of it that share a store. */
export interface Bench {
  readonly server: EventStoreServer;
  readonly client: KurrentDBClient;
  /** Replay markers by their keys. */
  readonly replay: Map<string, string>;
  /** Position of the only marker. */
  marker(): string | undefined;
  append(stream: string, from: number, to: number): void;
  consume(options: ConsumeOptions): Promise<Consuming>;
}

export interface ConsumeOptions {
  readonly source: Partial<CatchUpOptions> & Pick<CatchUpOptions, 'from'>;
  readonly consumer?: Partial<ConsumerOptions>;
  readonly handle?: (message: Message, context: HandlerContext) => unknown;
}

export interface Consuming {
  readonly consumer: Consumer;
  /** `n` of each event that was handled, in their order. */
  readonly handled: readonly unknown[];
  readonly messages: readonly Message[];
  details(): Readonly<Record<string, unknown>>;
  health(): ReturnType<Consumer['health']>['sources'][string];
}

export async function bench(options: EventStoreServerOptions = {}): Promise<Bench> {
  const server = await eventStoreServer(options);
  const client = KurrentDBClient.connectionString(server.connectionString);
  const replay = new Map<string, string>();
  const store = { ...memoryStore(), replay, idempotency: undefined };
  const consumers: Consumer[] = [];

  onTestFinished(async () => {
    await Promise.all(consumers.map((consumer) => consumer.stop({ now: true })));
    await client.dispose();
    await server.close();
  });

  return {
    server,
    client,
    replay,
    marker() {
      return [...replay.values()][0];
    },
    append(stream, from, to) {
      const events = Array.from({ length: to - from + 1 }, (_, index) => ({
        type: 'Counted',
        data: { n: from + index },
      }));
      server.append(stream, events);
    },
    async consume({ source: sourceOptions, consumer: consumerOptions, handle }) {
      const source = eventstore({
        client,
        exclusive: false,
        verify: 'off',
        start: 'earliest',
        resubscribe: { delay: 5, maxDelay: 50 },
        ...sourceOptions,
      } as CatchUpOptions);
      const messages: Message[] = [];
      const consumer = createConsumer({
        name: 'billing',
        sources: [source],
        store,
        log: { debug() {}, info() {}, warn() {}, error() {} },
        ...consumerOptions,
      });
      consumer.on(async (message: Message, context: HandlerContext) => {
        await handle?.(message, context);
        messages.push(message);
      });
      consumers.push(consumer);
      const health = () => {
        const found = consumer.health().sources[source.name];
        if (!found) throw new Error('The source is not there.');
        return found;
      };
      await consumer.start();
      return {
        consumer,
        messages,
        get handled() {
          return messages.map(({ data }) => (data as { readonly n?: unknown } | undefined)?.n);
        },
        health,
        details: () => health().details ?? {},
      };
    },
  };
}

export function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
