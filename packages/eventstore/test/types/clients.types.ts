import type { EventStoreDBClient } from '@eventstore/db-client';
import type { KurrentDBClient } from '@kurrent/kurrentdb-client';
import type { PersistentClient } from '../../src/persistent/persistent-client.ts';
import type { AppendClient } from '../../src/publisher/append-client.ts';
import type { ReadClient } from '../../src/reader/read-client.ts';

/** Both official clients have all that publisher, reader and persistent mode use. */
export function fits(
  kurrent: KurrentDBClient,
  eventstore: EventStoreDBClient,
): readonly (AppendClient & ReadClient & PersistentClient)[] {
  return [kurrent, eventstore];
}
