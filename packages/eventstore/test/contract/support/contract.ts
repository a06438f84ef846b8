import { randomUUID } from 'node:crypto';
import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import type { Consumer, ConsumerOptions, HandlerContext, Message } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import type {
  CatchUpOptions,
  EventPublisher,
  EventReader,
  EventstoreGroups,
  PersistentOptions,
} from '@millrace/eventstore';
import { eventstore, eventstoreGroups, eventstorePublisher, eventstoreReader } from '@millrace/eventstore';
import { eventStoreServer } from '@millrace/testing/eventstore';
import { afterAll, onTestFinished } from 'vitest';

export interface Contract {
  /** Which database it is that is tried. */
  readonly title: string;
  readonly client: KurrentDBClient;
  readonly publisher: EventPublisher;
  readonly reader: EventReader;
  readonly groups: EventstoreGroups;
  /** Starts a consumer, which is stopped with the test. */
  consume(options: Consume): Promise<Consuming>;
}

export interface Consume {
  /** All but the client. */
  readonly source: WithoutClient<CatchUpOptions> | WithoutClient<PersistentOptions>;
  readonly handle?: (message: Message, context: HandlerContext) => unknown;
  /** @default a store of its own, in memory */
  readonly store?: ConsumerOptions['store'];
}

type WithoutClient<Options> = Omit<Options, 'client' | 'connectionString'>;

export interface Consuming {
  readonly consumer: Consumer;
  /** Data of what was handled to the end, in that order. */
  readonly handled: readonly unknown[];
  details(): Readonly<Record<string, unknown>>;
}

/** How long to poll: a real database has projections that take their time. */
export const patient = { timeout: 20_000 } as const;

/**
 * The database that KURRENTDB_URL names, else a test server. Tests must take new names for all that they write, ask for no
 * faults and expect nothing of what others write meanwhile.
 */
export async function openContract(): Promise<Contract> {
  const url = process.env['KURRENTDB_URL'] ?? '';
  const server = url === '' ? await eventStoreServer() : undefined;
  const client = KurrentDBClient.connectionString(server?.connectionString ?? url);
  const publisher = eventstorePublisher({ client });
  const reader = eventstoreReader({ client });
  const groups = eventstoreGroups({ client });

  afterAll(async () => {
    await Promise.all([publisher.close(), reader.close(), groups.close()]);
    await client.dispose();
    await server?.close();
  });

  return {
    title: server ? 'the test server (set KURRENTDB_URL for a real one)' : 'the database of KURRENTDB_URL',
    client,
    publisher,
    reader,
    groups,
    async consume({ source: options, handle, store = memoryStore() }) {
      const source = eventstore({ client, ...options });
      const handled: unknown[] = [];
      const consumer = createConsumer({ name: 'contract', sources: [source], store, log: silentLogger });
      consumer.on('*', async (message: Message, context: HandlerContext) => {
        await handle?.(message, context);
        handled.push(message.data);
      });
      onTestFinished(() => consumer.stop());
      await consumer.start();
      return {
        consumer,
        handled,
        details: () => consumer.health().sources[source.name]?.details ?? {},
      };
    },
  };
}

/** A name that nothing has yet. Without a dash, which ends the name of a category. */
export function fresh(kind: string): string {
  return `${kind}${randomUUID().replaceAll('-', '')}`;
}

export function numbered(...numbers: readonly number[]) {
  return numbers.map((n) => ({ type: 'Counted', data: { n } }));
}

export function dataOf(...numbers: readonly number[]) {
  return numbers.map((n) => ({ n }));
}
