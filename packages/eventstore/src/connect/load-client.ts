import type { EventstoreClient } from '../client.ts';
import { eventstoreError } from '../errors.ts';
import type { AppendClient } from '../publisher/append-client.ts';
import type { PersistentClient } from '../persistent/persistent-client.ts';
import type { ReadClient } from '../reader/read-client.ts';
import { refuseMixedClients } from './clients-mixed.ts';

/** All that this package uses of a client. */
export type LoadedClient = EventstoreClient & AppendClient & ReadClient & PersistentClient;

/**
 * A client of `@kurrent/kurrentdb-client`, which is loaded only here. Rejects with EVENTSTORE_CLIENT_MISSING,
 * EVENTSTORE_CLIENTS_MIXED, or EVENTSTORE_OPTIONS for a connection string that it does not take.
 */
export async function loadClient(connectionString: string): Promise<LoadedClient> {
  const { KurrentDBClient } = await load();
  refuseMixedClients();
  try {
    return KurrentDBClient.connectionString(connectionString);
  } catch {
    // What the client says quotes the whole string, with the password.
    throw eventstoreError(
      'EVENTSTORE_OPTIONS',
      '`connectionString` is not understood by @kurrent/kurrentdb-client. It should look like kurrentdb://user:password@host:2113?tls=true; a password with characters such as @ or : must be percent-encoded.',
    );
  }
}

async function load() {
  try {
    return await import('@kurrent/kurrentdb-client');
  } catch (cause) {
    throw eventstoreError(
      'EVENTSTORE_CLIENT_MISSING',
      'With `connectionString` the package @kurrent/kurrentdb-client is needed, and it could not be loaded: npm install @kurrent/kurrentdb-client. It has parts for each platform, so optional dependencies must not be left out.',
      cause,
    );
  }
}
