import { httpPubsubError } from '../errors.ts';
import { malformed } from '../wire/codec/malformed.ts';
import { connectionNonce } from '../wire/stateful/connection-url.ts';
import { decodeBroadcasterMessage, encodeSubscriberMessage } from '../wire/stateful/envelope.ts';
import type { FrameSocket } from './frame-socket.ts';
import { assertGenuine } from './genuine.ts';
import { clientMarker } from './marker.ts';
import type { ConnectionSettings } from './settings.ts';
import { zstd } from './zstd.ts';

/** Answers the nonce of the connection. Rejects with PUBSUB_CONNECTION_LOST, PUBSUB_FORGED or PUBSUB_MALFORMED. */
export async function shakeHands(
  socket: FrameSocket,
  frames: AsyncGenerator<Buffer, void>,
  { auth, randomBytes, compression, minimalHeaders }: ConnectionSettings,
): Promise<string> {
  const nonce = randomBytes(32);
  const enableZstd = zstd !== undefined && compression !== undefined;
  const dictionary = zstd?.dictionaries ? (compression?.initial ?? 0) : 0;
  const authorization = await auth.toBroadcaster.sign(
    { kind: 'configure', nonce, zstd: enableZstd, training: false, dictionary },
    clientMarker,
  );
  await socket.send(
    encodeSubscriberMessage(
      {
        kind: 'configure',
        subscriberNonce: nonce,
        enableZstd,
        // Broadcasters would keep samples of what is sent, and lonelypss makes nothing of them.
        enableTraining: false,
        initialDictionary: dictionary,
        authorization,
        tracing: clientMarker,
        payload: new Uint8Array(),
      },
      { minimal: minimalHeaders },
    ),
  );
  const { value } = await frames.next();
  if (value === undefined) {
    throw httpPubsubError(
      'PUBSUB_CONNECTION_LOST',
      'The broadcaster ended the connection instead of confirming it: of a wrong secret, or a clock that is off by more than two minutes, it says no more than that.',
    );
  }
  const confirmed = decodeBroadcasterMessage(value);
  if (confirmed.kind !== 'confirm-configure') throw malformed(`${confirmed.kind} came before the handshake`);
  const { broadcasterNonce } = confirmed;
  await assertGenuine(auth.toSubscriber, [{ kind: 'confirm-configure', nonce: broadcasterNonce }], confirmed);
  return connectionNonce(nonce, broadcasterNonce);
}
