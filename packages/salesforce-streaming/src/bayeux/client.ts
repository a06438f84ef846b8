import { wait } from '@millrace/core';
import { salesforceError } from '../errors.ts';
import { bayeuxError } from './bayeux-error.ts';
import { createCookies } from './cookies.ts';
import { writeJson } from './json.ts';
import { createLane } from './lane.ts';
import type {
  Advice,
  ConnectReply,
  DisconnectReply,
  Extensions,
  HandshakeReply,
  MetaReply,
  MetaRequest,
  SubscribeReply,
  UnsubscribeReply,
} from './messages.ts';
import { isMetaReply } from './messages.ts';
import type { BayeuxClientOptions } from './options.ts';
import { checkOptions } from './options.ts';
import { post } from './post.ts';
import { findReply, judge, maxRequestBytes, readMessages } from './reply.ts';
import type { Session } from './session.ts';
import { follow, newSession, nextId } from './session.ts';

export interface StepOptions {
  /** Ends the step at once; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds until the reply must begin. @default requestTimeout; the advised timeout plus pollMargin in a connect */
  readonly timeout?: number;
}

export interface RequestOptions extends StepOptions {
  readonly ext?: Extensions;
}

export interface ConnectOptions extends StepOptions {
  /** `{ timeout: 0 }` asks the server to answer at once, which makes sense in the first connect of a session. */
  readonly advice?: Advice;
}

export interface ForgetOptions {
  /** Begin with a fresh cookie jar too. @default false */
  readonly cookies?: boolean;
}

/**
 * A Bayeux client for long polling, a step at a time. It retries nothing: each step is one request that resolves with the
 * server's `successful` reply, or rejects with a BayeuxError whose `failure` says what happened.
 *
 * At most two requests are under way: one connect, and one of the others, which wait for each other.
 */
export interface BayeuxClient {
  /** Undefined while there is no session. */
  readonly clientId: string | undefined;
  /** What the server advised in this session, or what Salesforce is known to do. Times in milliseconds. */
  readonly advice: Required<Advice>;
  /** Begins a session, and forgets the one before. */
  handshake(options?: RequestOptions): Promise<HandshakeReply>;
  /** One poll: waits for the advised interval, then until the server has events or its timeout is over. */
  connect(options?: ConnectOptions): Promise<ConnectReply>;
  subscribe(subscription: string, options?: RequestOptions): Promise<SubscribeReply>;
  unsubscribe(subscription: string, options?: RequestOptions): Promise<UnsubscribeReply>;
  /** Tells the server that the session is over. It is, whatever the answer. */
  disconnect(options?: StepOptions): Promise<DisconnectReply>;
  /** Drops the session without telling the server. Replies still under way don't count any more; their events do. */
  forget(options?: ForgetOptions): void;
}

export function createBayeuxClient(options: BayeuxClientOptions): BayeuxClient {
  const settings = checkOptions(options);
  const { clock, onEvents, onMessage, requestTimeout, pollMargin } = settings;
  const transport = { ...settings, bodyTimeout: requestTimeout };
  const inTurn = createLane();
  let cookies = createCookies(clock);
  let session = newSession();
  let polling = false;

  async function exchange<Reply extends MetaReply>(
    session: Session,
    request: MetaRequest & { readonly channel: Reply['channel'] },
    { signal, timeout = requestTimeout }: StepOptions,
  ): Promise<Reply> {
    const body = writeJson([request]);
    if (Buffer.byteLength(body) > maxRequestBytes) {
      throw bayeuxError({ kind: 'too-large', direction: 'request', limit: maxRequestBytes });
    }
    onMessage?.(request, 'sent');
    const answer = await post(transport, { body, cookies, timeout, signal });
    const messages = readMessages(answer, request, clock);
    if (onMessage) for (const message of messages) onMessage(message, 'received');

    for (const message of messages) if (isMetaReply(message)) follow(session, message.advice);
    const events = messages.filter((message) => !isMetaReply(message));
    if (events.length > 0) onEvents(events, request.channel);

    const failure = judge(messages, request, answer.status);
    if (failure) throw bayeuxError(failure);
    return findReply(messages, request) as Reply;
  }

  function clientIdOf({ clientId }: Session): string {
    if (clientId === undefined) throw misuse('There is no session. Do a handshake first.');
    return clientId;
  }

  return {
    get clientId() {
      return session.clientId;
    },
    get advice() {
      return session.advice;
    },

    handshake: (options = {}) =>
      inTurn(async () => {
        if (polling) throw misuse('A connect is under way. Abort and await it before the next handshake.');
        session = newSession();
        const begun = session;
        const reply = await exchange<HandshakeReply>(
          begun,
          {
            channel: '/meta/handshake',
            id: nextId(begun),
            version: '1.0',
            minimumVersion: '1.0',
            supportedConnectionTypes: ['long-polling'],
            ...(options.ext && { ext: options.ext }),
          },
          options,
        );
        if (typeof reply.clientId !== 'string')
          throw bayeuxError({ kind: 'garbage', what: 'no-client-id', status: 200 });
        begun.clientId = reply.clientId;
        return reply;
      }, options.signal),

    async connect(options = {}) {
      if (polling) throw misuse('A connect is under way already. Await it, or abort and await it.');
      const current = session;
      const clientId = clientIdOf(current);
      polling = true;
      try {
        const { interval } = current.advice;
        if (interval > 0) await wait(clock, interval, options.signal);
        options.signal?.throwIfAborted();
        const timeout = options.timeout ?? current.advice.timeout + pollMargin;
        return await exchange<ConnectReply>(
          current,
          {
            channel: '/meta/connect',
            id: nextId(current),
            clientId,
            connectionType: 'long-polling',
            ...(options.advice && { advice: options.advice }),
          },
          { ...options, timeout },
        );
      } finally {
        polling = false;
      }
    },

    subscribe: (subscription, options = {}) =>
      inTurn(
        () =>
          exchange<SubscribeReply>(
            session,
            {
              channel: '/meta/subscribe',
              id: nextId(session),
              clientId: clientIdOf(session),
              subscription,
              ...(options.ext && { ext: options.ext }),
            },
            options,
          ),
        options.signal,
      ),

    unsubscribe: (subscription, options = {}) =>
      inTurn(
        () =>
          exchange<UnsubscribeReply>(
            session,
            {
              channel: '/meta/unsubscribe',
              id: nextId(session),
              clientId: clientIdOf(session),
              subscription,
              ...(options.ext && { ext: options.ext }),
            },
            options,
          ),
        options.signal,
      ),

    disconnect: (options = {}) =>
      inTurn(async () => {
        const ended = session;
        const clientId = clientIdOf(ended);
        ended.clientId = undefined;
        return await exchange<DisconnectReply>(
          ended,
          { channel: '/meta/disconnect', id: nextId(ended), clientId },
          options,
        );
      }, options.signal),

    forget({ cookies: alsoCookies = false } = {}) {
      session = newSession();
      if (alsoCookies) cookies = createCookies(clock);
    },
  };
}

function misuse(message: string) {
  return salesforceError('SALESFORCE_CLIENT_STATE', message);
}
