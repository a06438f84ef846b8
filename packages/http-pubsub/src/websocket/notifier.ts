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
  readonly body: Body;
}

export interface NotifierOptions {
  readonly sender: Sender;
  readonly replies: Replies;
  readonly compressors: Compressors;
  /** Bytes that one message has at most. */
  readonly maxMessage: number;
}

/** The protocol's own. */
const leastPart = 512;

type Confirmation = { readonly confirmed: Promise<BroadcasterMessageOf<'confirm-notify'>> };

/** Answers how many subscribers were reached. Rejects with the reason when the connection ends before. */
export function createNotifier({ sender, replies, compressors, maxMessage }: NotifierOptions) {
  /** The parts of two notifications never mix. */
  const inTurn = createLane();

  async function send({ topic, tracing, identifier, body }: Notification): Promise<Confirmation> {
    const compressed = await compressors.compress(body);
    const content = compressed ? bodyOf(compressed.bytes) : body;
    const { digest } = content;
    const first = {
      topic,
      compressor: compressed?.id ?? 0,
      compressedLength: content.length,
      decompressedLength: body.length,
      compressedDigest: digest,
    };
    const signed = async () => ({
      authorization: await sender.sign({ kind: 'notify', topic, identifier, digest }, tracing),
      tracing,
      identifier,
    });
    const expectConfirmation = () =>
      replies.expect({
        kind: 'confirm-notify',
        matches: (reply) => sameBytes(reply.identifier, identifier),
        // lonelypss signs the digest of what was compressed, or of the whole: one for each kind of message.
        operations: ({ subscribers }) =>
          [digest, ...(compressed ? [body.digest] : [])].map((it) => ({
            kind: 'confirm-notify',
            identifier,
            subscribers,
            topic,
            digest: it,
          })),
      });
    const shape: SubscriberMessage = { kind: 'notify', ...(await signed()), ...first, payload: nothing };
    const room = maxMessage - sender.overhead(shape);
    if (content.length <= room) {
      return await sender.inTurn(async () => {
        const message: SubscriberMessage = {
          kind: 'notify',
          ...(await signed()),
          ...first,
          payload: content.bytes(),
        };
        const confirmed = expectConfirmation();
        await sender.send(message);
        return { confirmed };
      });
    }
    let confirmation: Confirmation | undefined;
    for await (const { number: part, payload, last } of partsOf(content, Math.max(leastPart, room))) {
      // Others may send in between, such as acknowledgements.
      await sender.inTurn(async () => {
        const common = { ...(await signed()), part, payload };
        if (last) confirmation = { confirmed: expectConfirmation() };
        // What is wrong with one of these shows in the confirmation, which comes later.
        else void expectContinue(identifier, part);
        await sender.send(
          part === 0
            ? { kind: 'notify-stream', ...common, ...first }
            : { kind: 'notify-stream-part', ...common },
        );
      });
    }
    if (confirmation) return confirmation;
    throw new TypeError('A body has no last part.');
  }

  function expectContinue(identifier: Uint8Array, part: number): Promise<unknown> {
    return replies.expect({
      kind: 'continue-notify',
      matches: (reply) => reply.part === part && sameBytes(reply.identifier, identifier),
      operations: () => [{ kind: 'continue-notify', identifier, part }],
    });
  }

  return async (notification: Notification): Promise<number> => {
    const { confirmed } = await inTurn(() => send(notification));
    return (await confirmed).subscribers;
  };
}
