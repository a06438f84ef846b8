import { malformed } from '../../wire/codec/malformed.ts';
import { connectionNonce } from '../../wire/stateful/connection-url.ts';
import { decodeSubscriberMessage, encodeBroadcasterMessage } from '../../wire/stateful/envelope.ts';
import type { FrameSocket } from '../../websocket/frame-socket.ts';
import { isOurClient } from '../../websocket/marker.ts';
import { zstd } from '../../websocket/zstd.ts';
import type { Identity } from './identity.ts';
import { identify } from './identity.ts';
import { nothing } from './outgoing-lane.ts';
import type { SocketSettings } from './settings.ts';

/** What was agreed on with a subscriber. */
export interface Accepted {
  readonly nonce: string;
  readonly identity: Identity;
  /** Whether the counter moves on with each part of a message. */
  readonly perPart: boolean;
  /** Ids of what may be compressed with. */
  readonly compressors: readonly number[];
}

/** Undefined: the subscriber has left before it said anything. Rejects with PUBSUB_MALFORMED or PUBSUB_FORGED. */
export async function accept(
  socket: FrameSocket,
  frames: AsyncGenerator<Buffer, void>,
  { access, clock, compression, counter, minimalHeaders, randomBytes, timeouts }: SocketSettings,
  remoteAddress: string | undefined,
): Promise<Accepted | undefined> {
  // A socket that says nothing would cost its peer nothing.
  const cancel = clock.setTimeout(() => void socket.close(), timeouts.configure);
  const { value } = await frames.next().finally(cancel);
  if (value === undefined) return undefined;
  const configure = decodeSubscriberMessage(value);
  if (configure.kind !== 'configure') throw malformed(`${configure.kind} came before the handshake`);
  const { subscriberNonce, initialDictionary: dictionary, tracing } = configure;
  const { enableZstd, enableTraining: training } = configure;
  const operation = {
    kind: 'configure',
    nonce: subscriberNonce,
    zstd: enableZstd,
    training,
    dictionary,
  } as const;
  const identity = await identify(access, operation, configure, remoteAddress);
  const compressed = enableZstd && compression !== undefined && zstd !== undefined;
  if (compressed && dictionary > 1 && !compression.dictionaries.has(dictionary)) {
    throw malformed('a dictionary is asked for that nobody has agreed on');
  }
  const nonce = randomBytes(32);
  await socket.send(
    encodeBroadcasterMessage(
      {
        kind: 'confirm-configure',
        broadcasterNonce: nonce,
        authorization: await identity.sign({ kind: 'confirm-configure', nonce }, nothing),
        tracing: nothing,
        payload: nothing,
      },
      { minimal: minimalHeaders },
    ),
  );
  return {
    identity,
    nonce: connectionNonce(subscriberNonce, nonce),
    perPart: counter === 'per-part' || (counter === 'auto' && isOurClient(tracing)),
    compressors: compressed ? [1, ...(dictionary > 1 && zstd?.dictionaries ? [dictionary] : [])] : [],
  };
}
