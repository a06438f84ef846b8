import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import type { BroadcasterHealth } from '../calls/broadcasters.ts';
import { createBroadcasters } from '../calls/broadcasters.ts';
import type { Call } from '../calls/call.ts';
import { authenticate, headersOf } from '../calls/subscription-calls.ts';
import { outgoing } from '../outgoing/outgoing.ts';
import type { SpoolOptions } from '../receive/spool.ts';
import { createSpooling } from '../receive/spool.ts';
import type { CallOptions } from '../subscriber/options.ts';
import { optionChecks } from '../option-checks.ts';
import { checkTopic } from '../receive/subscribed.ts';
import { checkCalls } from '../subscriber/settings.ts';
import { decode } from '../wire/codec/decoding.ts';
import { malformed } from '../wire/codec/malformed.ts';
import { encodeNotifyPrefix } from '../wire/stateless/requests.ts';
import { notifyReply } from '../wire/stateless/responses.ts';
import type { EventOptions } from './event.ts';
import { tracingOf } from './event.ts';
import type { Payload, Sendable } from './payload.ts';
import { sendable } from './payload.ts';

export interface HttpPublisherOptions extends CallOptions {
  /**
   * Whether to publish again when a broadcaster may have taken an event, but did not say so. Millrace's subscribers know the
   * second one by its id; to others it is another event.
   * @default false
   */
  readonly retryAmbiguous?: boolean;
  /** Streams beyond `threshold` bytes wait in private files, and not in memory. */
  readonly spool?: SpoolOptions;
  /** @default the system's */
  readonly clock?: Clock;
  /**
   * Like `Math.random`.
   * @default Math.random
   */
  readonly random?: () => number;
}

export interface Notified {
  /** Subscribers that have confirmed it. */
  readonly notified: number;
}

export interface NotifyOptions extends EventOptions {
  /** Gives up; whether it was published is open then. */
  readonly signal?: AbortSignal;
}

/** Publishes, and listens to nothing. */
export interface Publisher {
  /**
   * Resolves when the broadcaster has told its subscribers. Rejects with PUBSUB_AMBIGUOUS when that is open, with
   * PUBSUB_UNREACHABLE, PUBSUB_UNAVAILABLE or PUBSUB_REFUSED when it was certainly not published, and with PUBSUB_OPTIONS or
   * PUBSUB_PAYLOAD when it can't be.
   */
  notify(topic: string | Uint8Array, payload: Payload, options?: NotifyOptions): Promise<Notified>;
  /** How the broadcasters were found. */
  health(): readonly BroadcasterHealth[];
  /** Waits for what is being published. May be called twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A broadcaster answers when all its subscribers have, which may be one after the other. */
const patience = { headers: 60_000, total: 120_000 };

/** Throws PUBSUB_OPTIONS when the options make no sense. */
export function httpPublisher(options: HttpPublisherOptions): Publisher {
  const check = optionChecks('httpPublisher');
  const settings = checkCalls(check, { ...options, timeouts: { ...patience, ...options.timeouts } });
  const { clock = systemClock, random = Math.random, retryAmbiguous = false } = options;
  const { auth } = settings;
  const spooling = createSpooling(options.spool);
  const client = outgoing({ ...settings.outgoing, clock });
  const broadcasters = createBroadcasters({ ...settings, outgoing: client, clock, random });

  /** Of one event; each try has an identifier of its own, which its reply has to have. */
  function callOf(topic: Uint8Array, tracing: Uint8Array, body: Sendable): Call<Notified> {
    const { digest, length } = body;
    let identifier = new Uint8Array();
    return {
      path: '/v1/notify',
      async request() {
        identifier = randomBytes(8);
        const authorization = await auth.toBroadcaster.sign(
          { kind: 'notify', topic, identifier, digest },
          tracing,
        );
        const prefix = encodeNotifyPrefix({ topic, digest, tracing, identifier, length });
        return {
          headers: { ...headersOf(authorization), 'content-length': String(prefix.length + length) },
          body: () => Readable.from(together(prefix, body), { objectMode: false }),
        };
      },
      async read(reply) {
        const said = decode(notifyReply(), reply.body);
        const { subscribers } = said;
        if (!Buffer.from(identifier).equals(said.identifier))
          throw malformed('the reply is to another notification');
        await authenticate(auth, { kind: 'confirm-notify', identifier, subscribers, topic, digest }, said);
        return { notified: subscribers };
      },
      repetition: retryAmbiguous ? 'allowed' : 'never',
    };
  }

  const close = () => client.close();
  return {
    async notify(topic, payload, { signal, ...facts } = {}) {
      const bytes = checkTopic(check, topic);
      const tracing = tracingOf(facts, clock);
      const body = await sendable(payload, spooling);
      try {
        return await broadcasters.call(callOf(bytes, tracing, body), signal);
      } finally {
        await body.dispose();
      }
    },
    health: broadcasters.health,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function* together(prefix: Uint8Array, { chunks }: Sendable): AsyncGenerator<Uint8Array> {
  yield prefix;
  yield* chunks();
}
