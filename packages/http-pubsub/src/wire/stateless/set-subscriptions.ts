import type { Decoding } from '../codec/decoding.ts';
import { readL2, readOptionalText, readText, readU1, readU4, take, toText } from '../codec/decoding.ts';
import { l2, u1, u4 } from '../codec/encoding.ts';
import { malformed } from '../codec/malformed.ts';
import { etagFormat } from '../etag.ts';
import type { SubscriptionSet } from '../subscriptions.ts';
import { inOrder } from '../subscriptions.ts';
import { digestLength } from './requests.ts';

/** Of `/v1/set_subscriptions`: replaces all that a URL has subscribed to. */
export interface SetRequest {
  readonly tracing: Uint8Array;
  readonly url: string;
  /** Of the set that follows: a checksum, no precondition. */
  readonly etag: Uint8Array;
  readonly subscriptions: SubscriptionSet;
}

/** What has to be authorised before the rest is read. */
export type SetPrefix = Omit<SetRequest, 'subscriptions'>;

export function encodeSet({ tracing, url, etag, subscriptions }: SetRequest): Buffer {
  const { exact, globs } = inOrder(subscriptions);
  return Buffer.concat([
    l2(tracing),
    l2(url),
    u1(etagFormat),
    etag,
    u4(exact.length),
    ...exact.flatMap(({ topic, recovery }) => [l2(topic), l2(recovery)]),
    u4(globs.length),
    ...globs.flatMap(({ glob, recovery }) => [l2(glob), l2(recovery)]),
  ]);
}

export function* setPrefix(): Decoding<SetPrefix> {
  const tracing = yield* readL2();
  const url = yield* readText('the URL');
  if ((yield* readU1()) !== etagFormat) throw malformed('the format of the etag is unknown');
  return { tracing, url, etag: yield* take(digestLength) };
}

/** What follows the prefix. `most`: entries of each kind that are taken in. */
export function* subscriptionSet(most: number): Decoding<SubscriptionSet> {
  const exact = yield* entries('topics', most);
  const globs = yield* entries('globs', most);
  return {
    exact: exact.map(({ name, recovery }) => ({ topic: name, recovery })),
    globs: globs.map(({ name, recovery }) => ({ glob: toText(name, 'a glob'), recovery })),
  };
}

interface Entry {
  readonly name: Buffer;
  readonly recovery: string | undefined;
}

function* entries(what: string, most: number): Decoding<readonly Entry[]> {
  const count = yield* readU4();
  if (count > most) throw malformed(`it has ${count} ${what}, and ${most} are taken`);
  const read: Entry[] = [];
  for (let before: Buffer | undefined; read.length < count; before = read.at(-1)?.name) {
    const name = yield* readL2();
    if (before && Buffer.compare(before, name) >= 0) throw malformed(`the ${what} are not in order`);
    read.push({ name, recovery: yield* readOptionalText('a recovery URL') });
  }
  return read;
}
