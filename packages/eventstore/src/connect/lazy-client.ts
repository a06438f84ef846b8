import { eventstoreError } from '../errors.ts';
import { refuseMixedClients } from './clients-mixed.ts';
import { dispose } from './dispose.ts';
import type { LoadedClient } from './load-client.ts';
import { loadClient } from './load-client.ts';

/** Where the database is, for who reads or publishes: exactly one. */
export type ClientOptions<Client> =
  | {
      /** Of `@kurrent/kurrentdb-client` or of `@eventstore/db-client`, never both in one process. Yours to dispose of. */
      readonly client: Client;
      readonly connectionString?: never;
    }
  | {
      /** Such as `kurrentdb://user:password@host:2113?tls=true`; takes the package `@kurrent/kurrentdb-client`. */
      readonly connectionString: string;
      readonly client?: never;
    };

/** A client that is made when it is first needed, once for all who need it. */
export interface LazyClient<Client> {
  get(): Promise<Client>;
  /** Disposes of the client if it was made here; one that a user gave is left alone. */
  close(): Promise<void>;
}

/** Throws EVENTSTORE_OPTIONS unless exactly one of both is there, and EVENTSTORE_CLIENTS_MIXED. */
export function lazyClient<Client extends object>({
  client,
  connectionString,
}: ClientOptions<Client>): LazyClient<Client | LoadedClient> {
  if (client !== undefined && connectionString === undefined) {
    refuseMixedClients();
    return { get: async () => client, async close() {} };
  }
  if (client !== undefined || connectionString === undefined) {
    throw eventstoreError(
      'EVENTSTORE_OPTIONS',
      'Exactly one of `client` and `connectionString` is needed, such as kurrentdb://localhost:2113?tls=false.',
    );
  }
  let loading: Promise<LoadedClient> | undefined;
  return {
    async get() {
      loading ??= loadClient(connectionString);
      try {
        return await loading;
      } catch (error) {
        // Who comes next tries again.
        loading = undefined;
        throw error;
      }
    },
    async close() {
      const loaded = await loading?.catch(() => undefined);
      if (loaded) await dispose(loaded);
    },
  };
}
