import type { Decoding } from '../codec/decoding.ts';
import { readL1, readL2, readOptionalText, readU1, readU2, readU4, take } from '../codec/decoding.ts';
import { l1, l2, u1, u2, u4 } from '../codec/encoding.ts';
import { malformed } from '../codec/malformed.ts';
import { etagFormat } from '../etag.ts';
import { digestLength } from './requests.ts';

/** Numbers of the kinds of replies; those of the two directions are counted apart. */
const kinds = {
  generic: 3,
  notify: 4,
  check: 5,
  confirmReceive: 8,
  confirmMissed: 9,
  unsubscribeImmediate: 10,
} as const;

/** Replies carry their authorization in the body. */
export interface Signed {
  readonly authorization: string | undefined;
  readonly tracing: Uint8Array;
}

/** To (un)subscribe and set_subscriptions. */
export type GenericReply = Signed;

export interface NotifyReply extends Signed {
  /** How many subscribers were reached. */
  readonly subscribers: number;
  /** That of the notification. */
  readonly identifier: Uint8Array;
}

export interface CheckReply extends Signed {
  readonly etag: Uint8Array;
}

/** What a subscriber says to a message. */
export interface ConfirmReceive extends Signed {
  readonly identifier: Uint8Array;
  /** 1, or how many a relay has reached. */
  readonly subscribers: number;
}

export type ConfirmMissed = Signed;

export function encodeGeneric(reply: GenericReply): Buffer {
  return Buffer.concat([u2(kinds.generic), head(reply)]);
}

export function* genericReply(): Decoding<GenericReply> {
  yield* expectKind(kinds.generic);
  return yield* readHead();
}

export function encodeNotifyReply(reply: NotifyReply): Buffer {
  return Buffer.concat([u2(kinds.notify), head(reply), u4(reply.subscribers), l1(reply.identifier)]);
}

export function* notifyReply(): Decoding<NotifyReply> {
  yield* expectKind(kinds.notify);
  const signed = yield* readHead();
  const subscribers = yield* readU4();
  return { ...signed, subscribers, identifier: yield* readL1() };
}

export function encodeCheckReply(reply: CheckReply): Buffer {
  return Buffer.concat([u2(kinds.check), head(reply), u1(etagFormat), reply.etag]);
}

export function* checkReply(): Decoding<CheckReply> {
  yield* expectKind(kinds.check);
  const signed = yield* readHead();
  if ((yield* readU1()) !== etagFormat) throw malformed('the format of the etag is unknown');
  return { ...signed, etag: yield* take(digestLength) };
}

export function encodeConfirmReceive(reply: ConfirmReceive): Buffer {
  return Buffer.concat([u2(kinds.confirmReceive), head(reply), l1(reply.identifier), u4(reply.subscribers)]);
}

/** Undefined: the subscriber wants to hear nothing more of the subscription. Nobody has signed that. */
export function* receiveReply(): Decoding<ConfirmReceive | undefined> {
  const kind = yield* readU2();
  if (kind === kinds.unsubscribeImmediate) return undefined;
  if (kind !== kinds.confirmReceive) throw malformed(`it is a reply of kind ${kind}`);
  const signed = yield* readHead();
  const identifier = yield* readL1();
  return { ...signed, identifier, subscribers: yield* readU4() };
}

export function encodeConfirmMissed(reply: ConfirmMissed): Buffer {
  return Buffer.concat([u2(kinds.confirmMissed), head(reply)]);
}

/** Undefined: as with `receiveReply`. */
export function* missedReply(): Decoding<ConfirmMissed | undefined> {
  const kind = yield* readU2();
  if (kind === kinds.unsubscribeImmediate) return undefined;
  if (kind !== kinds.confirmMissed) throw malformed(`it is a reply of kind ${kind}`);
  return yield* readHead();
}

export const unsubscribeImmediate: Uint8Array = u2(kinds.unsubscribeImmediate);

function head({ authorization, tracing }: Signed): Buffer {
  return Buffer.concat([l2(authorization), l2(tracing)]);
}

function* readHead(): Decoding<Signed> {
  const authorization = yield* readOptionalText('the authorization');
  return { authorization, tracing: yield* readL2() };
}

function* expectKind(expected: number): Decoding<void> {
  const kind = yield* readU2();
  if (kind !== expected) throw malformed(`it is a reply of kind ${kind}, and ${expected} was expected`);
}
