import type { Incoming } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import type { ListenerReply, ListenerRequest } from '../listener/route.ts';
import type { Deadlines } from '../receive/deadlines.ts';
import type { Answer } from '../receive/inbox.ts';
import { incomingOf } from '../receive/incoming.ts';
import type { Body, Spooling } from '../receive/spool.ts';
import { bodyOf } from '../receive/spool.ts';
import type { Verdict } from '../wire/auth/scheme.ts';
import type { BodyReader } from '../wire/codec/body-reader.ts';
import { readBody } from '../wire/codec/body-reader.ts';
import { malformed } from '../wire/codec/malformed.ts';
import type { ReceivePrefix } from '../wire/stateless/requests.ts';
import { receivePrefix } from '../wire/stateless/requests.ts';
import { encodeConfirmReceive, unsubscribeImmediate } from '../wire/stateless/responses.ts';
import { digestIn } from './digest.ts';
import type { SubscriberSettings } from './settings.ts';

export interface ReceiveParts {
  readonly settings: Pick<
    SubscriberSettings,
    | 'auth'
    | 'address'
    | 'subscriptions'
    | 'matchers'
    | 'decode'
    | 'maxBody'
    | 'onHandlerTimeout'
    | 'redelivers'
  >;
  /** By which those who push are answered. */
  readonly deadlines: Deadlines;
  readonly spooling: Spooling;
  /** Whether there is room now; if not, nothing has to be read. */
  readonly hasRoom: () => boolean;
  /** Takes room for one more; undefined: there is none, or no more is taken. */
  readonly admit: () => Place | undefined;
  /** The broadcaster has subscriptions that are not ours. */
  readonly onUnwanted: (topic: Uint8Array) => void;
}

/** Of an event that is being read. To be used once: handed over, or given back. */
export interface Place {
  offer(incoming: Incoming, signal: AbortSignal | undefined): Promise<Answer> | undefined;
  giveBack(): void;
}

const tracing = new Uint8Array();

/** `/v1/receive`: a message, which is answered when its handlers are done, or the time is up. */
export function receiveRoute(parts: ReceiveParts): (request: ListenerRequest) => Promise<ListenerReply> {
  const { settings, deadlines, spooling } = parts;
  const { auth, address } = settings;
  const topics = new Set(settings.subscriptions.exact.map(({ topic }) => keyOf(topic)));
  const isWanted = (topic: Uint8Array) =>
    topics.has(keyOf(topic)) || settings.matchers.some((matches) => matches(topic));

  async function confirm({ identifier }: ReceivePrefix): Promise<ListenerReply> {
    const said = { identifier, subscribers: 1 };
    const authorization = await auth.toBroadcaster.sign(
      { kind: 'confirm-receive', ...said, url: address.receive },
      tracing,
    );
    return octets(encodeConfirmReceive({ ...said, authorization, tracing }));
  }

  /** Nothing of it can be believed yet. */
  function verify(
    { topic, identifier, tracing }: ReceivePrefix,
    digest: Buffer,
    authorization: string | undefined,
  ): Promise<Verdict> {
    return auth.toSubscriber.verify(
      { kind: 'receive', url: address.receive, topic, identifier, digest },
      tracing,
      authorization,
    );
  }

  /** Where there are globs, one of them may mean something else to the broadcaster, and must not be taken away for that. */
  async function unwanted(prefix: ReceivePrefix): Promise<ListenerReply> {
    parts.onUnwanted(prefix.topic);
    return settings.matchers.length === 0 ? octets(unsubscribeImmediate) : await confirm(prefix);
  }

  /** Undefined: the handlers take their time, and the body is kept for them. */
  function inTime(answered: Promise<Answer>, body: Body): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      const end = deadlines.start(() => resolve(undefined));
      void answered.then((answer) => {
        end();
        resolve(answer);
        if (body.spooled) return body.dispose();
      });
    });
  }

  async function receive(
    place: Place,
    prefix: ReceivePrefix,
    digest: Buffer,
    reader: BodyReader,
    request: ListenerRequest,
  ): Promise<ListenerReply> {
    try {
      const taken = take(reader, prefix.length, spooling);
      const body = taken instanceof Promise ? await taken : taken;
      if (!body.digest.equals(digest)) {
        await body.dispose();
        return { status: 403 };
      }
      const incoming = incomingOf({ ...prefix, digest, body }, settings.decode);
      // One that comes again is better withdrawn when nobody waits for its answer; one that does not is all we get.
      const answered = place.offer(incoming, settings.redelivers ? request.signal : undefined);
      if (answered === undefined) {
        await body.dispose();
        return busy;
      }
      const answer = await inTime(answered, body);
      if (answer === undefined) return settings.onHandlerTimeout === 'confirm' ? await confirm(prefix) : busy;
      if (answer.outcome === 'done' || answer.outcome === 'dead') return await confirm(prefix);
      return answer.outcome === 'retry' ? later(answer.delay) : busy;
    } catch (error) {
      // The files are full: it may be better later.
      if (isMillraceError(error, 'PUBSUB_SPOOL')) return busy;
      throw error;
    } finally {
      place.giveBack();
    }
  }

  return async (request) => {
    if (!parts.hasRoom()) return busy;
    const digest = digestIn(request.headers['repr-digest']);
    if (digest === undefined) throw malformed('there is no SHA-512 in Repr-Digest');
    const reader = readBody(request.body);
    const prefix = await reader.decode(receivePrefix());
    const verdict = await verify(prefix, digest, request.headers['authorization']);
    // Never an end of the subscription: a clock that is wrong for a while must not cost us that.
    if (verdict !== 'accepted') return refusals[verdict];
    if (!isWanted(prefix.topic)) return await unwanted(prefix);
    if (prefix.length > settings.maxBody) return { status: 413 };
    // Not before it is proven who speaks: strangers must not take places away.
    const place = parts.admit();
    return place ? await receive(place, prefix, digest, reader, request) : busy;
  };
}

const busy: ListenerReply = { status: 503, headers: { 'retry-after': '1' } };

export const refusals: Readonly<Record<Exclude<Verdict, 'accepted'>, ListenerReply>> = {
  missing: { status: 401 },
  refused: { status: 403 },
  unavailable: busy,
};

/** The seconds of the header are whole ones. */
function later(delay: number): ListenerReply {
  return { status: 503, headers: { 'retry-after': String(Math.ceil(delay / 1_000)) } };
}

export function octets(body: Uint8Array): ListenerReply {
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body };
}

/** Most come in one piece, which is there already. */
function take(reader: BodyReader, length: number, spooling: Spooling): Body | Promise<Body> {
  const first = reader.read();
  if (first instanceof Promise || first?.length !== length || length > spooling.threshold)
    return takePieces(reader, first, { length, spooling });
  const whole = (more: Buffer | undefined) => {
    if (more) throw tooLong();
    return bodyOf(first);
  };
  const next = reader.read();
  return next instanceof Promise ? next.then(whole) : whole(next);
}

async function takePieces(
  reader: BodyReader,
  first: Buffer | undefined | Promise<Buffer | undefined>,
  { length, spooling }: { readonly length: number; readonly spooling: Spooling },
): Promise<Body> {
  const spool = spooling.open();
  try {
    for (let chunk = await first; chunk; chunk = await reader.read()) {
      if (spool.length + chunk.length > length) throw tooLong();
      await spool.write(chunk);
    }
    if (spool.length < length) throw malformed('the message is shorter than it says');
  } catch (error) {
    await spool.discard();
    throw error;
  }
  return spool.finish();
}

function tooLong(): Error {
  return malformed('the message is longer than it says');
}

function keyOf(topic: Uint8Array): string {
  return Buffer.from(topic.buffer, topic.byteOffset, topic.byteLength).toString('latin1');
}
