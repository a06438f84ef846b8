import type { Source } from '@millrace/core';
import { catchUpSource } from './catch-up/source.ts';
import type { CatchUpOptions } from './options.ts';

export type EventstoreOptions = CatchUpOptions;

/**
 * Events of an EventStoreDB or a KurrentDB as a source. Throws EVENTSTORE_OPTIONS when the options make no sense, and
 * EVENTSTORE_CLIENTS_MIXED where the process has loaded two clients.
 */
export function eventstore(options: EventstoreOptions): Source {
  return catchUpSource(options);
}
