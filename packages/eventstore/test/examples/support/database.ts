import type { EventStoreServer, EventStoreServerOptions } from '@millrace/testing/eventstore';
import { eventStoreServer } from '@millrace/testing/eventstore';
import { onTestFinished } from 'vitest';

/** A database that is there as long as the test runs. */
export async function database(options: EventStoreServerOptions = {}): Promise<EventStoreServer> {
  const server = await eventStoreServer(options);
  onTestFinished(() => server.close());
  return server;
}
