import { randomBytes } from 'node:crypto';
import type { Clock } from '@millrace/core';
import { isMillraceError, systemClock } from '@millrace/core';
import type { BroadcasterHealth } from '../calls/broadcasters.ts';
import type { HttpPubsubError } from '../errors.ts';
import { httpPubsubError } from '../errors.ts';
import { tracingOf } from '../publisher/event.ts';
import type { Publisher } from '../publisher/http-publisher.ts';
import { sendable } from '../publisher/payload.ts';
import { optionChecks } from '../option-checks.ts';
import { checkTopic } from '../receive/subscribed.ts';
import type { WebsocketOptions } from './common-options.ts';
import { checkWebsocketOptions } from './common-options.ts';
import type { Connection } from './connection.ts';
import { createLink } from './link.ts';
import type { Notification } from './notifier.ts';
import { createSlots } from './slots.ts';
import { createUplink } from './uplink.ts';

export interface WebsocketPublisherOptions extends WebsocketOptions {
  /**
   * Whether to send an event again, with the same identifier, when the connection broke before the broadcaster said that it has
   * it. Millrace's subscribers know the second one by its id; to others it is another event.
   * @default true
   */
  readonly retryAmbiguous?: boolean;
  /**
   * Times that an event is sent again at most.
   * @default 2
   */
  readonly retries?: number;
  /**
   * Milliseconds that an event waits for a connection.
   * @default 10_000
   */
  readonly connectionTimeout?: number;
  /**
   * Events that are on their way at the same time; others wait. lonelypss ends connections with more than 255.
   * @default 100
   */
  readonly maxPending?: number;
  /** @default the system's */
  readonly clock?: Clock;
  /**
   * Like `Math.random`.
   * @default Math.random
   */
  readonly random?: () => number;
}

/** Of notifications, as lonelypsc has it. */
const identifierLength = 4;

/** Publishes over a WebSocket, which it opens with the first event and keeps. Throws PUBSUB_OPTIONS when the options make no sense. */
export function websocketPublisher(options: WebsocketPublisherOptions): Publisher {
  const { clock = systemClock, random = Math.random, retryAmbiguous = true } = options;
  const check = optionChecks('websocketPublisher');
  const { broadcasters, reconnect, connection: settingsOf } = checkWebsocketOptions(check, options);
  const retries = check.wholeNumber('retries', options.retries ?? 2, 0);
  const patience = check.milliseconds('connectionTimeout', options.connectionTimeout ?? 10_000, 1);
  const slots = createSlots(check.wholeNumber('maxPending', options.maxPending ?? 100, 1));
  const settings = settingsOf(clock);
  const { maxBody, spooling } = settings;
  const uplink = createUplink({ clock, patience });
  let begun = false;
  let closing: Promise<void> | undefined;

  const link = createLink({
    settings,
    broadcasters,
    reconnect,
    random,
    receiver: {
      // It has subscribed to nothing.
      async receive({ body, confirm }) {
        confirm();
        await body?.dispose();
      },
      missed: () => {},
    },
    prepare: async () => {},
    onUp: uplink.up,
    onDown: uplink.down,
    onGivenUp: uplink.end,
  });

  async function send(
    notification: Notification,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly notified: number }> {
    let sent = 0;
    let failed: Connection | undefined;
    for (let tries = 1; ; tries += 1) {
      try {
        const connection = await uplink.connection(signal, failed);
        failed = connection;
        const onSending = () => {
          sent = tries;
        };
        const reply = connection.notify({ ...notification, onSending });
        return { notified: await orAborted(reply, signal) };
      } catch (error) {
        // Of what it sent itself, and can't send another time.
        if (isMillraceError(error, 'PUBSUB_PAYLOAD') || isMillraceError(error, 'PUBSUB_OPTIONS')) throw error;
        const isOver = tries > retries || over(error, signal);
        if (sent > 0 && (isOver || !retryAmbiguous)) throw ambiguous(error);
        if (isOver) throw error;
      }
    }
  }

  function over(error: unknown, signal: AbortSignal | undefined): boolean {
    return signal?.aborted === true || closing !== undefined || isMillraceError(error, 'PUBSUB_UNREACHABLE');
  }

  async function notify(...[topic, payload, { signal, ...facts } = {}]: Parameters<Publisher['notify']>) {
    if (closing) throw httpPubsubError('PUBSUB_UNREACHABLE', 'The publisher is closed.');
    const bytes = checkTopic(check, topic);
    const tracing = tracingOf(facts, clock);
    const body = await sendable(payload, spooling);
    try {
      if (body.length > maxBody) throw tooLarge(body.length, maxBody);
      if (!begun) link.startLater();
      begun = true;
      const identifier = randomBytes(identifierLength);
      return await send({ topic: bytes, tracing, identifier, body }, signal);
    } finally {
      await body.dispose();
    }
  }

  async function close(): Promise<void> {
    await slots.idle();
    uplink.end(httpPubsubError('PUBSUB_UNREACHABLE', 'The publisher is closed.'));
    await link.close();
  }

  const closeOnce = () => (closing ??= close());
  return {
    notify: (...request) => slots.run(() => notify(...request)),
    health(): readonly BroadcasterHealth[] {
      return broadcasters.map(({ url }) => ({ url, ...uplink.health(link.url === url) }));
    },
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([promise, work]);
  } finally {
    signal.removeEventListener('abort', abort);
    work.catch(() => {});
  }
}

function ambiguous(cause: unknown): HttpPubsubError {
  return httpPubsubError(
    'PUBSUB_AMBIGUOUS',
    'The broadcaster may have published the event: the connection ended before it said so.',
    cause,
  );
}

function tooLarge(length: number, most: number): HttpPubsubError {
  return httpPubsubError('PUBSUB_OPTIONS', `The event has ${length} bytes, and \`maxBody\` is ${most}.`);
}
