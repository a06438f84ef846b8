import type { HttpPubsubError } from '../errors.ts';
import { httpPubsubError } from '../errors.ts';
import type { Body } from '../receive/spool.ts';
import { bodyOf } from '../receive/spool.ts';
import type { SubscriberMessage } from '../wire/stateful/messages.ts';
import type { Compressors } from './compressors.ts';
import { createLane } from './lane.ts';
import { partsOf } from './parts.ts';
import type { BroadcasterMessageOf, Replies } from './replies.ts';
import { sameBytes } from './same-bytes.ts';
import type { Sender } from './sender.ts';
import { nothing } from './sender.ts';

/** An event to publish over a connection. */
export interface Notification {
  readonly topic: Uint8Array;
  readonly tracing: Uint8Array;
  /** At most 64 bytes. */
  readonly identifier: Uint8Array;
  readonly body: Pick<Body, 'length' | 'digest' | 'chunks'>;
  /** From now on the broadcaster may have it. */
  readonly onSending?: () => void;
}

export interface NotifierOptions {
  readonly sender: Sender;
  readonly replies: Replies;
  readonly compressors: Compressors;
  /** Bytes that one message has at most. */
  readonly maxMessage: number;
  /** An event was begun and can't be ended. */
  readonly onBroken: (reason: HttpPubsubError) => void;
}

/** The protocol's own. */
const leastPart = 512;

/** In an object, so that whose turn is next need not wait for the reply. */
type Asked = { readonly confirmed: Promise<BroadcasterMessageOf<'confirm-notify'>> };

/**
 * Answers how many subscribers were reached. Rejects with the reason when the connection ends before, and with PUBSUB_PAYLOAD
 * when the body is not what it says.
 */
export function createNotifier({ sender, replies, compressors, maxMessage, onBroken }: NotifierOptions) {
  /** The parts of two notifications never mix. */
  const inTurn = createLane();

  async function send({ topic, tracing, identifier, body, onSending }: Notification): Promise<Asked> {
    const { id, content } = await compressed(body, compressors);
    const { digest } = content;
    const first = {
      topic,
      compressor: id,
      compressedLength: content.length,
      decompressedLength: body.length,
      compressedDigest: digest,
    };
    const signed = async () => ({
      authorization: await sender.sign({ kind: 'notify', topic, identifier, digest }, tracing),
      tracing,
      identifier,
    });
    const shape: SubscriberMessage = { kind: 'notify', ...(await signed()), ...first, payload: nothing };
    const room = maxMessage - sender.overhead(shape);
    // One message has no parts, and more headers than a part.
    const whole = content.length <= room;
    let asked: Asked | undefined;
    for await (const { number: part, payload, last } of partsOf(content, Math.max(leastPart, room))) {
      // Others may send in between, such as acknowledgements.
      await sender.inTurn(async () => {
        const common = { ...(await signed()), payload };
        onSending?.();
        if (last) asked = { confirmed: expectConfirmation(topic, identifier, [digest, body.digest]) };
        // What is wrong with one of these shows in the confirmation, which comes later.
        else void expectContinue(identifier, part);
        if (whole) await sender.send({ kind: 'notify', ...common, ...first });
        else if (part === 0) await sender.send({ kind: 'notify-stream', ...common, part, ...first });
        else await sender.send({ kind: 'notify-stream-part', ...common, part });
      });
    }
    if (asked) return asked;
    throw unreadable('it has fewer bytes than it should have');
  }

  /** lonelypss signs the digest of what was compressed, or of the whole: one for each kind of message. */
  function expectConfirmation(topic: Uint8Array, identifier: Uint8Array, digests: readonly Uint8Array[]) {
    return replies.expect({
      kind: 'confirm-notify',
      matches: (reply) => sameBytes(reply.identifier, identifier),
      operations: ({ subscribers }) =>
        digests.map((digest) => ({ kind: 'confirm-notify', identifier, subscribers, topic, digest })),
    });
  }

  function expectContinue(identifier: Uint8Array, part: number): Promise<unknown> {
    return replies.expect({
      kind: 'continue-notify',
      matches: (reply) => reply.part === part && sameBytes(reply.identifier, identifier),
      operations: () => [{ kind: 'continue-notify', identifier, part }],
    });
  }

  return async (notification: Notification): Promise<number> => {
    let begun = false;
    const onSending = () => {
      begun = true;
      notification.onSending?.();
    };
    const { confirmed } = await inTurn(async () => {
      try {
        return await send({ ...notification, onSending });
      } catch (error) {
        // The broadcaster would wait for the rest.
        if (begun)
          onBroken(
            httpPubsubError('PUBSUB_CONNECTION_LOST', 'An event could not be sent to its end.', error),
          );
        throw error;
      }
    });
    return (await confirmed).subscribers;
  };
}

async function compressed(
  body: Notification['body'],
  compressors: Compressors,
): Promise<{ readonly id: number; readonly content: Notification['body'] }> {
  const compressor = compressors.fitting(body.length);
  if (compressor === undefined) return { id: 0, content: body };
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks()) chunks.push(chunk);
  const plain = bodyOf(Buffer.concat(chunks), body.digest);
  if (plain.length !== body.length) throw unreadable('it has not as many bytes as it should have');
  const bytes = await compressors.compress(compressor, plain.bytes());
  return bytes ? { id: compressor.id, content: bodyOf(bytes) } : { id: 0, content: plain };
}

function unreadable(problem: string): HttpPubsubError {
  return httpPubsubError('PUBSUB_PAYLOAD', `What is to be published is not what it was: ${problem}.`);
}
