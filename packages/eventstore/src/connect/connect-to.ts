import type { EventstoreConnection } from '../options.ts';
import type { Connection } from './connections.ts';
import { createConnections } from './connections.ts';
import { refuseMixedClients } from './clients-mixed.ts';
import { loadClient } from './load-client.ts';

/** Of the whole process: what they are to keep below is a limit of a connection, whoever uses it. */
const connections = createConnections(loadClient);

/** The user's client, or one with room on its connection. Rejects as `loadClient` does. */
export async function connectTo({ client, connectionString }: EventstoreConnection): Promise<Connection> {
  if (client === undefined) return await connections.acquire(connectionString);
  refuseMixedClients();
  return { client, async release() {} };
}
