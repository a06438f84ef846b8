import type { BroadcasterClient } from '../broadcaster/access/clients.ts';
import { noAuth } from '../wire/auth/scheme.ts';
import type { Config } from './config.ts';
import type { AuthParts, AuthPlace } from './read-auth.ts';
import { readAuth } from './read-auth.ts';
import { wrong } from './reader.ts';

/** Those with keys of their own. Rejects with PUBSUB_OPTIONS or PUBSUB_SECRETS. */
export async function readClients(
  clients: NonNullable<Config['clients']>,
  place: AuthPlace,
  parts: AuthParts,
): Promise<readonly BroadcasterClient[]> {
  const all: BroadcasterClient[] = [];
  for (const [index, { name, secrets, ...rules }] of clients.entries()) {
    const at = `clients[${index}].secrets`;
    if (name === undefined) throw wrong(`clients[${index}].name`, 'there');
    if (secrets === undefined) throw wrong(at, 'there: {"file": …} or {"env": …}');
    const { toBroadcaster, toSubscriber } = await readAuth(secrets, { ...place, at }, parts);
    // Without a secret everybody would be this client.
    if (toBroadcaster === noAuth) throw wrong(at, 'with a secret for "to-broadcaster"');
    all.push({ name, toBroadcaster, ...(toSubscriber !== noAuth && { toSubscriber }), ...rules });
  }
  return all;
}
