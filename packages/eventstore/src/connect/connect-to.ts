import { eventstoreError } from '../errors.ts';
import type { Connection } from './connections.ts';
import { createConnections } from './connections.ts';
import { refuseMixedClients } from './clients-mixed.ts';
import type { ClientOptions } from './lazy-client.ts';
import type { LoadedClient } from './load-client.ts';
import { loadClient } from './load-client.ts';

/** Of the whole process: what they are to keep below is a limit of a connection, whoever uses it. */
const connections = createConnections(loadClient);

/** The user's client, or one with room on its connection. Rejects as `loadClient` does. */
export async function connectTo<Client extends object>({
  client,
  connectionString,
}: ClientOptions<Client>): Promise<Connection<Client | LoadedClient>> {
  if (client !== undefined) {
    refuseMixedClients();
    return { client, async release() {} };
  }
  if (connectionString === undefined) {
    throw eventstoreError('EVENTSTORE_OPTIONS', 'Either `client` or `connectionString` is needed.');
  }
  return await connections.acquire(connectionString);
}
