import { isMillraceError } from '@millrace/core';
import type { HttpPubsubError } from '../errors.ts';
import { httpPubsubError } from '../errors.ts';
import type { ReceivedMessage } from '../receive/incoming.ts';
import { malformed } from '../wire/codec/malformed.ts';
import { createConnectionUrls } from '../wire/stateful/connection-url.ts';
import { decodeBroadcasterMessage } from '../wire/stateful/envelope.ts';
import type { BroadcasterMessage } from '../wire/stateful/messages.ts';
import type { Wanted } from '../wire/stateless/requests.ts';
import { createAcknowledgements } from './acknowledgements.ts';
import { assertDictionary, createCompressors } from './compressors.ts';
import type { FrameSocket } from './frame-socket.ts';
import { assertGenuine } from './genuine.ts';
import { shakeHands } from './handshake.ts';
import type { Notification } from './notifier.ts';
import { createNotifier } from './notifier.ts';
import { openSocket } from './open-socket.ts';
import { createReception } from './reception.ts';
import type { BroadcasterMessageOf } from './replies.ts';
import { createReplies } from './replies.ts';
import { createSender, nothing } from './sender.ts';
import type { ConnectionSettings } from './settings.ts';
import { createSubscriptions } from './subscriptions.ts';
import { zstd } from './zstd.ts';

export interface Received extends ReceivedMessage {
  /** Tells the broadcaster, in turn. Works twice, and does nothing once the connection has ended. */
  confirm(): void;
}

export interface Receiver {
  /** The next message is read when it resolves. Never rejects. */
  receive(received: Received): Promise<void>;
  /** Something of a topic was not delivered. */
  missed(topic: Uint8Array): void;
}

/** What one WebSocket to a broadcaster can do. All rejects with the reason when the connection has ended, or ends meanwhile. */
export interface Connection {
  /** Resolves with the reason when it is over. */
  readonly ended: Promise<HttpPubsubError>;
  subscribe(wanted: Wanted): Promise<void>;
  unsubscribe(wanted: Wanted): Promise<void>;
  /** How many subscribers were reached. */
  notify(notification: Notification): Promise<number>;
  /** Sends what is confirmed already, then says good-bye. Works twice. */
  close(): Promise<void>;
}

type Acknowledgement =
  | { readonly kind: 'continue-receive'; readonly identifier: Uint8Array; readonly part: number }
  | { readonly kind: 'confirm-receive'; readonly identifier: Uint8Array; readonly subscribers: 1 };

/** Rejects with PUBSUB_UNREACHABLE, PUBSUB_CONNECTION_LOST, PUBSUB_FORGED or PUBSUB_MALFORMED. */
export async function connect(
  url: string,
  settings: ConnectionSettings,
  receiver: Receiver,
  signal: AbortSignal,
): Promise<Connection> {
  const socket = await openSocket(url, settings, signal);
  const close = () => void socket.close();
  const cancel = settings.clock.setTimeout(close, settings.timeouts.open);
  signal.addEventListener('abort', close, { once: true });
  try {
    const frames = socket.frames();
    const nonce = await shakeHands(socket, frames, settings);
    return run(socket, { frames, nonce, settings, receiver });
  } catch (error) {
    close();
    throw asPubsubError(error);
  } finally {
    cancel();
    signal.removeEventListener('abort', close);
  }
}

interface Running {
  readonly frames: AsyncGenerator<Buffer, void>;
  readonly nonce: string;
  readonly settings: ConnectionSettings;
  readonly receiver: Receiver;
}

function run(socket: FrameSocket, { frames, nonce, settings, receiver }: Running): Connection {
  const { auth, clock, spooling, maxBody, maxMessage } = settings;
  const { dictionaries } = settings.compression ?? {};
  const ended = Promise.withResolvers<HttpPubsubError>();
  let failure: HttpPubsubError | undefined;

  const urls = createConnectionUrls(nonce);
  const compressors = createCompressors({ zstd, spooling, dictionaries });
  const reception = createReception({ spooling, compressors, maxBody });
  const replies = createReplies({ clock, timeout: settings.timeouts.reply, onSilent: fail });
  const sender = createSender({
    socket,
    scheme: auth.toBroadcaster,
    minimal: settings.minimalHeaders,
    failure: () => failure,
  });
  const acknowledgements = createAcknowledgements((it: Acknowledgement) => {
    sender.inTurn(() => acknowledge(it)).catch(fail);
  });
  const change = createSubscriptions({ sender, replies, urls });

  function fail(error: unknown): void {
    if (failure) return;
    failure = asPubsubError(error);
    acknowledgements.end();
    replies.end(failure);
    void socket.close();
  }

  async function acknowledge(it: Acknowledgement): Promise<void> {
    const authorization = await sender.sign({ ...it, url: urls.nextOfSubscriber() });
    await sender.send({ ...it, authorization, tracing: nothing, payload: nothing });
  }

  async function receive(
    message: BroadcasterMessageOf<'receive-stream'> | BroadcasterMessageOf<'receive-stream-part'>,
  ): Promise<void> {
    const url = urls.nextOfBroadcaster();
    const { identifier, topic, tracing, compressedDigest: digest } = reception.begin(message);
    const { authorization, part } = message;
    const operation = { kind: 'receive', url, topic, identifier, digest } as const;
    // What is signed of a further part is the first one's, with the counter moved on.
    await assertGenuine(auth.toSubscriber, [operation], { tracing, authorization });
    const { complete, body } = await reception.add(message.payload);
    if (!complete) return acknowledgements.expect({ kind: 'continue-receive', identifier, part })();
    const confirm = acknowledgements.expect({ kind: 'confirm-receive', identifier, subscribers: 1 });
    await receiver.receive({ topic, tracing, digest: body?.digest ?? digest, body, confirm });
  }

  async function enable(
    message: BroadcasterMessageOf<'enable-zstd-preset'> | BroadcasterMessageOf<'enable-zstd-custom'>,
  ): Promise<void> {
    const { dictionary: id, level, minSize, maxSize, payload: dictionary } = message;
    const facts = { url: urls.nextOfBroadcaster(), id, level, minSize, maxSize };
    if (message.kind === 'enable-zstd-preset') {
      await assertGenuine(auth.toSubscriber, [{ kind: 'enable-zstd-preset', ...facts }], message);
      return compressors.enable({ id, level, minSize, maxSize });
    }
    const { dictionaryDigest: digest } = message;
    await assertGenuine(auth.toSubscriber, [{ kind: 'enable-zstd-custom', ...facts, digest }], message);
    assertDictionary(dictionary, digest);
    compressors.enable({ id, level, minSize, maxSize, dictionary });
  }

  async function handle(message: BroadcasterMessage): Promise<void> {
    switch (message.kind) {
      case 'receive-stream':
      case 'receive-stream-part':
        return await receive(message);
      case 'enable-zstd-preset':
      case 'enable-zstd-custom':
        return await enable(message);
      case 'disable-zstd-custom': {
        const { dictionary: id } = message;
        const operation = { kind: 'disable-zstd-custom', url: urls.nextOfBroadcaster(), id } as const;
        await assertGenuine(auth.toSubscriber, [operation], message);
        return compressors.disable(id);
      }
      case 'missed': {
        const { topic } = message;
        const operation = { kind: 'missed', url: urls.nextOfBroadcaster(), topic } as const;
        await assertGenuine(auth.toSubscriber, [operation], message);
        return receiver.missed(topic);
      }
      case 'confirm-configure':
        throw malformed('the handshake is confirmed again');
      default: {
        const { operations, accept } = replies.take(message);
        await assertGenuine(auth.toSubscriber, operations, message);
        accept();
      }
    }
  }

  async function read(): Promise<void> {
    try {
      for await (const bytes of frames) {
        if (failure) break;
        await handle(decodeBroadcasterMessage(bytes));
      }
      fail(lost('The broadcaster ended the connection.'));
    } catch (error) {
      fail(error);
    }
    await reception.discard();
    await socket.close();
    ended.resolve(failure ?? lost('The connection has ended.'));
  }

  void read();
  return {
    ended: ended.promise,
    subscribe: (wanted) => change('subscribe', wanted),
    unsubscribe: (wanted) => change('unsubscribe', wanted),
    notify: createNotifier({ sender, replies, compressors, maxMessage, onBroken: fail }),
    async close() {
      await sender.inTurn(async () => {});
      fail(lost('The connection was closed.'));
      await socket.close();
    },
  };
}

function lost(problem: string): HttpPubsubError {
  return httpPubsubError('PUBSUB_CONNECTION_LOST', problem);
}

function asPubsubError(error: unknown): HttpPubsubError {
  if (isMillraceError(error)) return error as HttpPubsubError;
  return httpPubsubError('PUBSUB_CONNECTION_LOST', 'The connection broke.', error);
}
