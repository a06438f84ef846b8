import { l1, l2, u8 } from '../codec/encoding.ts';
import type { Decoding } from '../codec/decoding.ts';
import { readL1, readL2, readLength, readOptionalText, readText, take } from '../codec/decoding.ts';

/** Bytes of a SHA-512. */
export const digestLength = 64;

/** What a subscriber URL hears of: a topic, which is bytes, or all topics that a glob matches. */
export type Wanted =
  | { readonly topic: Uint8Array; readonly glob?: never }
  | { readonly glob: string; readonly topic?: never };

/** Of `/v1/subscribe/exact` and `/v1/subscribe/glob`. */
export interface SubscribeRequest<W extends Wanted = Wanted> {
  /** Where messages are to be posted; it identifies the subscriber. */
  readonly url: string;
  readonly wanted: W;
  /** Where to post that something was missed. */
  readonly recovery: string | undefined;
  /** Opaque, at most 65,535 bytes, signed. */
  readonly tracing: Uint8Array;
}

export function encodeSubscribe({ url, wanted, recovery, tracing }: SubscribeRequest): Buffer {
  return Buffer.concat([l2(url), l2(wanted.topic ?? wanted.glob), l2(recovery), l2(tracing)]);
}

export function* subscribeExactRequest(): Decoding<SubscribeRequest<{ readonly topic: Uint8Array }>> {
  const url = yield* readText('the URL');
  const topic = yield* readL2();
  const recovery = yield* readOptionalText('the recovery URL');
  return { url, wanted: { topic }, recovery, tracing: yield* readL2() };
}

export function* subscribeGlobRequest(): Decoding<SubscribeRequest<{ readonly glob: string }>> {
  const url = yield* readText('the URL');
  const glob = yield* readText('the glob');
  const recovery = yield* readOptionalText('the recovery URL');
  return { url, wanted: { glob }, recovery, tracing: yield* readL2() };
}

/** Of `/v1/unsubscribe/exact` and `/v1/unsubscribe/glob`. */
export type UnsubscribeRequest<W extends Wanted = Wanted> = Omit<SubscribeRequest<W>, 'recovery'>;

export function encodeUnsubscribe({ url, wanted, tracing }: UnsubscribeRequest): Buffer {
  return Buffer.concat([l2(url), l2(wanted.topic ?? wanted.glob), l2(tracing)]);
}

export function* unsubscribeExactRequest(): Decoding<UnsubscribeRequest<{ readonly topic: Uint8Array }>> {
  const url = yield* readText('the URL');
  const topic = yield* readL2();
  return { url, wanted: { topic }, tracing: yield* readL2() };
}

export function* unsubscribeGlobRequest(): Decoding<UnsubscribeRequest<{ readonly glob: string }>> {
  const url = yield* readText('the URL');
  const glob = yield* readText('the glob');
  return { url, wanted: { glob }, tracing: yield* readL2() };
}

/** Of `/v1/check_subscriptions`. */
export interface CheckRequest {
  readonly tracing: Uint8Array;
  readonly url: string;
}

export function encodeCheck({ tracing, url }: CheckRequest): Buffer {
  return Buffer.concat([l2(tracing), l2(url)]);
}

export function* checkRequest(): Decoding<CheckRequest> {
  const tracing = yield* readL2();
  return { tracing, url: yield* readText('the URL') };
}

/** What stands before a message in `/v1/notify`. */
export interface NotifyPrefix {
  readonly topic: Uint8Array;
  /** SHA-512 of the message. */
  readonly digest: Uint8Array;
  readonly tracing: Uint8Array;
  /** At most 255 bytes. */
  readonly identifier: Uint8Array;
  /** Bytes of the message, which follow. */
  readonly length: number;
}

export function encodeNotifyPrefix({ topic, digest, tracing, identifier, length }: NotifyPrefix): Buffer {
  return Buffer.concat([l2(topic), digest, l2(tracing), l1(identifier), u8(length)]);
}

export function* notifyPrefix(): Decoding<NotifyPrefix> {
  const topic = yield* readL2();
  const digest = yield* take(digestLength);
  const tracing = yield* readL2();
  const identifier = yield* readL1();
  return { topic, digest, tracing, identifier, length: yield* readLength() };
}

/** What stands before a message that is posted to a subscriber. */
export type ReceivePrefix = Omit<NotifyPrefix, 'digest'>;

export function encodeReceivePrefix({ tracing, topic, identifier, length }: ReceivePrefix): Buffer {
  return Buffer.concat([l2(tracing), l2(topic), l1(identifier), u8(length)]);
}

export function* receivePrefix(): Decoding<ReceivePrefix> {
  const tracing = yield* readL2();
  const topic = yield* readL2();
  const identifier = yield* readL1();
  return { tracing, topic, identifier, length: yield* readLength() };
}

/** Posted to a recovery URL. */
export interface MissedRequest {
  readonly tracing: Uint8Array;
  readonly topic: Uint8Array;
}

export function encodeMissed({ tracing, topic }: MissedRequest): Buffer {
  return Buffer.concat([l2(tracing), l2(topic)]);
}

export function* missedRequest(): Decoding<MissedRequest> {
  const tracing = yield* readL2();
  return { tracing, topic: yield* readL2() };
}
