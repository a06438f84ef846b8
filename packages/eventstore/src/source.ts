import type { Source } from '@millrace/core';
import { catchUpSource } from './catch-up/source.ts';
import type { CatchUpOptions } from './options.ts';
import type { PersistentOptions } from './persistent/options.ts';
import { persistentSource } from './persistent/source.ts';

export type EventstoreOptions = CatchUpOptions | PersistentOptions;

/**
 * Events of an EventStoreDB or a KurrentDB as a source. Throws EVENTSTORE_OPTIONS when the options make no sense, and
 * EVENTSTORE_CLIENTS_MIXED where the process has loaded two clients.
 */
export function eventstore(options: EventstoreOptions): Source {
  // JavaScript may call it without options: then the one that needs less says what is missing.
  return options?.mode === 'persistent' ? persistentSource(options) : catchUpSource(options);
}
