import type { ConnectionUrls } from '../../wire/stateful/connection-url.ts';
import type { BroadcasterMessage } from '../../wire/stateful/messages.ts';
import { partsOf } from '../../websocket/parts.ts';
import type { AcknowledgementWindow } from './acknowledged.ts';
import type { Outbound, OutboundCompressor } from './outbound.ts';
import { nothing } from './outgoing-lane.ts';
import type { OutgoingLane } from './outgoing-lane.ts';
import type { SocketSettings } from './settings.ts';

/** What waits to be sent to one socket, and goes out as fast as it is acknowledged. */
export interface Deliveries {
  /** False: there is no room, or no more is sent, and the socket is told that it missed something instead. */
  add(message: Outbound): boolean;
  missed(topic: Uint8Array): void;
  /** How many messages wait, that which is being sent included. */
  readonly waiting: number;
  /** Sends what is added until the socket ends. Rejects when something can't be sent. */
  run(): Promise<void>;
  end(): void;
}

export interface DeliveriesOptions {
  readonly settings: Pick<SocketSettings, 'maxMessage' | 'limits' | 'randomBytes'>;
  readonly outgoing: OutgoingLane;
  readonly urls: ConnectionUrls;
  readonly window: AcknowledgementWindow;
  /** Whether the counter moves on with each part, or with each message. */
  readonly perPart: boolean;
  readonly compressors: () => readonly OutboundCompressor[];
  /** It can't even be said any more what was missed. */
  readonly onOverload: () => void;
  readonly onSent: () => void;
}

/** The protocol's own. */
const leastPart = 512;
/** A subscriber signs the number of a part in one byte, so there are no more: the parts of what is larger are larger. */
const mostParts = 256;
/** As lonelypss has it. */
const identifierLength = 4;

export function createDeliveries(options: DeliveriesOptions): Deliveries {
  const { outgoing, urls, window, perPart } = options;
  const { maxMessage, limits, randomBytes } = options.settings;
  const queue: Outbound[] = [];
  /** By topic: that something was missed is said once, however much it was. */
  const hints = new Map<string, Uint8Array>();
  let bytes = 0;
  let sending = 0;
  let ended = false;
  let wake = () => {};

  async function send(message: Outbound): Promise<void> {
    const { topic, tracing, length } = message;
    const { compressor, body } = await message.content(options.compressors());
    const { digest } = body;
    const identifier = randomBytes(identifierLength);
    const operation = { kind: 'receive', topic, identifier, digest } as const;
    const first = {
      topic,
      compressor,
      compressedLength: body.length,
      decompressedLength: length,
      compressedDigest: digest,
    };
    const sign = (url: string) => outgoing.sign({ ...operation, url }, tracing);
    const shape: BroadcasterMessage = {
      kind: 'receive-stream',
      authorization: await sign('websocket:'.padEnd(80)),
      tracing,
      identifier,
      part: 0,
      ...first,
      payload: nothing,
    };
    const room = maxMessage - outgoing.overhead(shape);
    const size = Math.max(leastPart, room, Math.ceil(body.length / mostParts));
    let url = '';
    for await (const { number: part, payload, last } of partsOf(body, size)) {
      await window.reserve({ kind: last ? 'confirm-receive' : 'continue-receive', identifier, part });
      if (ended) return;
      await outgoing.inTurn(async () => {
        if (part === 0 || perPart) url = urls.nextOfBroadcaster();
        // What is signed of a further part is the first one's; so the same goes along with it.
        const common = { authorization: await sign(url), tracing, identifier, part, payload };
        await outgoing.send(
          part === 0
            ? { kind: 'receive-stream', ...common, ...first }
            : { kind: 'receive-stream-part', ...common },
        );
      });
    }
  }

  async function sendHint(topic: Uint8Array): Promise<void> {
    await outgoing.inTurn(async () => {
      const authorization = await outgoing.sign({ kind: 'missed', url: urls.nextOfBroadcaster(), topic });
      await outgoing.send({ kind: 'missed', authorization, tracing: nothing, topic, payload: nothing });
    });
  }

  function missed(topic: Uint8Array): void {
    hints.set(Buffer.from(topic).toString('latin1'), topic);
    if (hints.size > limits.waitingMessages) options.onOverload();
    wake();
  }

  async function runUntilEnded(): Promise<void> {
    while (!ended) {
      const [hint] = hints;
      if (hint) {
        hints.delete(hint[0]);
        await sendHint(hint[1]);
      }
      const message = queue.shift();
      if (message) {
        sending = 1;
        try {
          await send(message);
        } finally {
          await message.release();
        }
        sending = 0;
        bytes -= message.length;
        options.onSent();
      } else if (!hint) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }

  return {
    get waiting() {
      return queue.length + sending;
    },
    add(message) {
      if (ended) return false;
      const fits = queue.length < limits.waitingMessages && bytes + message.length <= limits.waitingBytes;
      // One that alone is more than may wait still goes, when nothing else waits.
      if (!fits && queue.length > 0) {
        missed(message.topic);
        return false;
      }
      bytes += message.length;
      message.retain();
      queue.push(message);
      wake();
      return true;
    },
    missed,
    async run() {
      try {
        await runUntilEnded();
      } finally {
        for (const message of queue.splice(0)) await message.release();
      }
    },
    end() {
      ended = true;
      wake();
    },
  };
}
