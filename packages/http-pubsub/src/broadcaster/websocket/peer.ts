import { httpPubsubError } from '../../errors.ts';
import type { Body } from '../../receive/spool.ts';
import { malformed } from '../../wire/codec/malformed.ts';
import { createConnectionUrls } from '../../wire/stateful/connection-url.ts';
import { decodeSubscriberMessage } from '../../wire/stateful/envelope.ts';
import type { SubscriberMessage } from '../../wire/stateful/messages.ts';
import type { Wanted } from '../../wire/stateless/requests.ts';
import type { Announced } from '../../websocket/assembly.ts';
import { createCompressors } from '../../websocket/compressors.ts';
import type { FrameSocket } from '../../websocket/frame-socket.ts';
import { createReception } from '../../websocket/reception.ts';
import { zstd } from '../../websocket/zstd.ts';
import type { Accepted } from './accept.ts';
import { createAcknowledgementWindow } from './acknowledged.ts';
import { createDeliveries } from './deliveries.ts';
import type { Outbound, OutboundCompressor } from './outbound.ts';
import { createOutgoingLane, nothing } from './outgoing-lane.ts';
import { createRequests } from './requests.ts';
import type { SocketPublication, SocketSettings } from './settings.ts';

/** A subscriber at the other end of a socket. */
export interface Peer {
  /** False: there is no room, and it is told that it missed something. */
  deliver(message: Outbound): boolean;
  missed(topic: Uint8Array): void;
  /** How many messages wait for it or for its acknowledgement. */
  readonly waiting: number;
  /** Resolves when nothing waits, or it has ended. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

/** What a peer's wishes are told to. */
export interface Wishes {
  /** Rejects when it can't be had. */
  add(wanted: Wanted): Promise<void>;
  remove(wanted: Wanted): Promise<void>;
}

export interface PeerOptions {
  readonly socket: FrameSocket;
  readonly frames: AsyncGenerator<Buffer, void>;
  readonly accepted: Accepted;
  readonly settings: SocketSettings;
  readonly wishes: Wishes;
}

type Of<Kind extends SubscriberMessage['kind']> = SubscriberMessage & { readonly kind: Kind };
type Content = Of<'notify'> | Of<'notify-stream'> | Of<'notify-stream-part'>;
type Change = Of<'subscribe-exact' | 'subscribe-glob' | 'unsubscribe-exact' | 'unsubscribe-glob'>;

/** Any number: the protocol's largest. */
const unlimited = 2n ** 64n - 1n;

/** Serves a peer whose handshake is over. `ended` rejects with the reason if there is one. */
export function servePeer({ socket, frames, accepted, settings, wishes }: PeerOptions): {
  readonly peer: Peer;
  readonly ended: Promise<void>;
} {
  const { identity } = accepted;
  const { hub, limits, spooling, maxBody, compression } = settings;
  const urls = createConnectionUrls(accepted.nonce);
  const outgoing = createOutgoingLane(socket, identity, settings.minimalHeaders);
  const window = createAcknowledgementWindow(limits.unacknowledged);
  const compressors = createCompressors({ zstd, spooling, dictionaries: compression?.dictionaries });
  const enabled: OutboundCompressor[] = [];
  const reception = createReception({ spooling, compressors, maxBody });
  const requests = createRequests({ limit: limits.requests, onFailed: fail });
  const deliveries = createDeliveries({
    settings,
    outgoing,
    urls,
    window,
    perPart: accepted.perPart,
    compressors: () => enabled,
    onSent: () => lookAgain(),
    onOverload: () =>
      fail(httpPubsubError('PUBSUB_CONNECTION_LOST', 'A socket does not take what it asked for.')),
  });
  const held = new Map<string, Wanted>();
  let over = false;
  let failure: unknown;
  let lookAgain = () => {};

  const waiting = () => deliveries.waiting + window.open;

  async function quiet(): Promise<void> {
    while (!over && waiting() > 0) {
      await new Promise<void>((resolve) => {
        lookAgain = resolve;
      });
    }
  }

  function fail(error: unknown): void {
    if (over) return;
    over = true;
    failure = error;
    deliveries.end();
    window.end();
    lookAgain();
    void socket.close();
  }

  async function enable(id: number): Promise<void> {
    const { level = 3, minSize = 0, dictionaries } = compression ?? {};
    const dictionary = dictionaries?.get(id);
    // A dictionary pays for small messages too.
    const facts = { id, level, minSize: dictionary ? 32 : minSize, maxSize: unlimited };
    await outgoing.inTurn(async () => {
      const operation = { kind: 'enable-zstd-preset', url: urls.nextOfBroadcaster(), ...facts } as const;
      const authorization = await outgoing.sign(operation);
      const { minSize, maxSize } = facts;
      const common = { authorization, tracing: nothing, payload: nothing };
      await outgoing.send({
        kind: 'enable-zstd-preset',
        dictionary: id,
        level,
        minSize,
        maxSize,
        ...common,
      });
    });
    compressors.enable(facts);
    enabled.push({ id, level, minSize: facts.minSize, dictionary });
  }

  async function change(message: Change, url: string): Promise<void> {
    const wanted: Wanted =
      message.kind === 'subscribe-exact' || message.kind === 'unsubscribe-exact'
        ? { topic: message.topic }
        : { glob: message.glob };
    const adds = message.kind === 'subscribe-exact' || message.kind === 'subscribe-glob';
    const key = wanted.topic ? `=${Buffer.from(wanted.topic).toString('latin1')}` : `*${wanted.glob}`;
    const confirmation = wanted.topic
      ? ({ kind: 'confirm-subscribe-exact', url, topic: wanted.topic } as const)
      : ({ kind: 'confirm-subscribe-glob', url, glob: wanted.glob ?? '' } as const);
    if (held.has(key) === adds) throw malformed(`${message.kind} of what it ${adds ? 'has' : 'has not'}`);
    if (adds && held.size >= limits.subscriptions) {
      throw httpPubsubError('PUBSUB_OPTIONS', `A socket may have ${limits.subscriptions} subscriptions.`);
    }
    const verb = adds ? 'subscribe' : 'unsubscribe';
    await identity.assertMay(verb, wanted);
    if (over) return;
    if (adds) held.set(key, wanted);
    else held.delete(key);
    await (adds ? wishes.add(wanted) : wishes.remove(wanted));
    const common = { authorization: await outgoing.sign(confirmation), tracing: nothing, payload: nothing };
    await outgoing.inTurn(() =>
      outgoing.send(
        wanted.topic
          ? { kind: `confirm-${verb}-exact`, topic: wanted.topic, ...common }
          : { kind: `confirm-${verb}-glob`, glob: wanted.glob ?? '', ...common },
      ),
    );
  }

  /** The MAC of each part is over what the first one says. */
  async function authorise(announced: Announced, authorization: string | undefined): Promise<void> {
    const { topic, identifier, compressedDigest: digest, tracing } = announced;
    const operation = { kind: 'notify', topic, identifier, digest } as const;
    await identity.assertSaid(operation, { tracing, authorization });
    await identity.assertMay('publish', { topic });
  }

  async function take(message: Content): Promise<void> {
    const part = message.kind === 'notify' ? { ...message, part: 0 } : message;
    const announced = reception.begin(part);
    await authorise(announced, message.authorization);
    const { complete, body } = await reception.add(message.payload);
    const { identifier } = announced;
    if (complete) {
      if (body === undefined) {
        throw httpPubsubError('PUBSUB_BODY_LIMIT', `An event of a socket has more than ${maxBody} bytes.`);
      }
      const digest = message.kind === 'notify' ? body.digest : announced.compressedDigest;
      return await requests.add(() => publish(announced, body, digest), body.spooled ? 0 : body.length);
    }
    if (message.kind === 'notify') throw malformed('an event is shorter than it says');
    await requests.add(async () => {
      const operation = { kind: 'continue-notify', identifier, part: part.part } as const;
      const authorization = await outgoing.sign(operation);
      const common = { authorization, tracing: nothing, payload: nothing };
      await outgoing.inTurn(() =>
        outgoing.send({ kind: 'continue-notify', identifier, part: part.part, ...common }),
      );
    });
  }

  /** `signed`: the digest that the confirmation is signed with, which lonelyps has in two ways. */
  async function publish(announced: Announced, body: Body, signed: Uint8Array): Promise<void> {
    const { topic, tracing, identifier } = announced;
    const subscribers = await tell({ topic, tracing, body });
    const operation = { kind: 'confirm-notify', identifier, subscribers, topic, digest: signed } as const;
    const authorization = await outgoing.sign(operation);
    const common = { authorization, tracing: nothing, payload: nothing };
    await outgoing.inTurn(() =>
      outgoing.send({ kind: 'confirm-notify', identifier, subscribers, ...common }),
    );
  }

  async function tell(publication: SocketPublication & { readonly body: Body }): Promise<number> {
    try {
      return await hub.publish(publication);
    } finally {
      await publication.body.dispose();
    }
  }

  async function handle(message: SubscriberMessage): Promise<void> {
    switch (message.kind) {
      case 'configure':
        throw malformed('the handshake is made again');
      case 'continue-receive':
      case 'confirm-receive': {
        window.acknowledge(message);
        lookAgain();
        await identity.assertSaid({ ...message, url: urls.nextOfSubscriber() }, message);
        return;
      }
      case 'notify':
      case 'notify-stream':
      case 'notify-stream-part':
        return await take(message);
      default: {
        const url = urls.nextOfSubscriber();
        const operation =
          message.kind === 'subscribe-exact' || message.kind === 'unsubscribe-exact'
            ? ({ kind: 'subscribe-exact', url, topic: message.topic } as const)
            : ({ kind: 'subscribe-glob', url, glob: message.glob } as const);
        await identity.assertSaid(operation, message);
        await requests.add(() => change(message, url));
      }
    }
  }

  async function read(): Promise<void> {
    try {
      for (const id of accepted.compressors) await enable(id);
      for await (const bytes of frames) {
        if (over) break;
        await handle(decodeSubscriberMessage(bytes));
      }
    } catch (error) {
      fail(error);
    }
    fail(undefined);
    await reception.discard();
    await requests.end(forgetWishes);
    await socket.close();
  }

  async function forgetWishes(): Promise<void> {
    for (const wanted of held.values()) await wishes.remove(wanted);
  }

  async function run(): Promise<void> {
    await Promise.all([deliveries.run().catch(fail), read()]);
    if (failure !== undefined) throw asError(failure);
  }

  return {
    peer: {
      deliver: deliveries.add,
      missed: deliveries.missed,
      get waiting() {
        return waiting();
      },
      quiet,
      async close() {
        fail(undefined);
        await socket.close();
      },
    },
    ended: run(),
  };
}

function asError(failure: unknown): Error {
  return failure instanceof Error ? failure : new Error('It broke.', { cause: failure });
}
