import { httpPubsubError } from '../../errors.ts';
import type { Operation } from '../../wire/auth/operation.ts';
import type { Proof } from '../../websocket/genuine.ts';
import { assertGenuine } from '../../websocket/genuine.ts';
import type { Wanted } from '../../wire/stateless/requests.ts';
import type { Access } from '../access/clients.ts';

/** Who is at the other end of a socket. */
export interface Identity {
  /** Rejects with PUBSUB_FORGED, unless this one has said it. */
  assertSaid(operation: Operation, proof: Proof): Promise<void>;
  /** Rejects with PUBSUB_NOT_ALLOWED. */
  assertMay(action: 'publish' | 'subscribe' | 'unsubscribe', wanted: Wanted): Promise<void>;
  /** Proves to it that the broadcaster has said it. */
  sign(operation: Operation, tracing: Uint8Array): Promise<string | undefined>;
}

/** Of who has said this. Rejects with PUBSUB_FORGED when nobody who is known has. */
export async function identify(
  access: Access,
  operation: Operation,
  proof: Proof,
  remoteAddress: string | undefined,
): Promise<Identity> {
  const { verdict, client } = await access.identify(operation, proof.tracing, proof.authorization);
  const first = { verify: async () => verdict };
  await assertGenuine(first, [operation], proof);
  const scheme = {
    // What somebody else has said counts for nothing here, however genuine it is.
    async verify(...said: Parameters<Access['identify']>) {
      const found = await access.identify(...said);
      return found.client === client ? found.verdict : 'refused';
    },
  };
  const replies = access.replyScheme(client);
  return {
    assertSaid: (said, given) => assertGenuine(scheme, [said], given),
    async assertMay(action, wanted) {
      if (await access.may({ action, client: client?.name, remoteAddress, ...wanted }, client)) return;
      throw httpPubsubError('PUBSUB_NOT_ALLOWED', `A socket may not ${action} this.`);
    },
    sign: replies.sign,
  };
}
