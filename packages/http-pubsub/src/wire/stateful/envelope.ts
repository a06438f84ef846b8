import type { Decoding } from '../codec/decoding.ts';
import { decodeBegin, readL2, readU2, take } from '../codec/decoding.ts';
import { l2, u2 } from '../codec/encoding.ts';
import { malformed } from '../codec/malformed.ts';
import type { Header } from './header.ts';
import type { Layout } from './layout.ts';
import type { BroadcasterMessage, SubscriberMessage } from './messages.ts';
import { broadcasterLayouts, subscriberLayouts } from './messages.ts';

type AnyLayout = Layout<string, Readonly<Record<string, Header<unknown>>>>;

export interface FrameOptions {
  /**
   * Header values only, in their order. Both forms are always read.
   * @default true
   */
  readonly minimal?: boolean;
}

const minimalFlag = 1;
const partHeader = 'x-part-id';

export function encodeSubscriberMessage(message: SubscriberMessage, options?: FrameOptions): Buffer {
  return encode(subscriberLayouts, message, options);
}

export function encodeBroadcasterMessage(message: BroadcasterMessage, options?: FrameOptions): Buffer {
  return encode(broadcasterLayouts, message, options);
}

/** Throws PUBSUB_MALFORMED. */
export function decodeSubscriberMessage(bytes: Uint8Array): SubscriberMessage {
  return decode(subscriberLayouts, bytes) as unknown as SubscriberMessage;
}

/** Throws PUBSUB_MALFORMED. */
export function decodeBroadcasterMessage(bytes: Uint8Array): BroadcasterMessage {
  return decode(broadcasterLayouts, bytes) as unknown as BroadcasterMessage;
}

interface AnyMessage {
  readonly kind: string;
  readonly payload: Uint8Array;
}

function encode(
  layouts: readonly AnyLayout[],
  message: AnyMessage,
  { minimal = true }: FrameOptions = {},
): Buffer {
  const layout = layouts.find(({ kind }) => kind === message.kind);
  if (layout === undefined) throw new TypeError(`There is no message "${message.kind}".`);
  const values = new Map<string, unknown>(Object.entries(message));
  const encoded = headersOf(layout).map(([field, header]) => ({
    name: header.name,
    value: header.encode(values.get(field)),
  }));
  return Buffer.concat([
    u2(minimal ? minimalFlag : 0),
    u2(layout.number),
    ...(minimal
      ? encoded.map(({ value }) => l2(value))
      : [u2(encoded.length), ...encoded.flatMap(({ name, value }) => [l2(name), l2(value)])]),
    message.payload,
  ]);
}

function decode(layouts: readonly AnyLayout[], bytes: Uint8Array): AnyMessage {
  const { value, rest: payload } = decodeBegin(readMessage(layouts), bytes);
  const { layout, fields } = value;
  if (payload.length > 0 && !layout.payload)
    throw malformed(`something follows the headers of ${layout.kind}`);
  return { kind: layout.kind, ...fields, payload };
}

interface Decoded {
  readonly layout: AnyLayout;
  readonly fields: Readonly<Record<string, unknown>>;
}

function* readMessage(layouts: readonly AnyLayout[]): Decoding<Decoded> {
  const flags = yield* readU2();
  const number = yield* readU2();
  const [layout, further] = layouts.filter((it) => it.number === number);
  if (layout === undefined) throw malformed(`there is no message with the number ${number}`);
  return (flags & minimalFlag) === 0
    ? yield* readExpanded(layout, further)
    : yield* readMinimal(layout, further);
}

function* readMinimal(layout: AnyLayout, further: AnyLayout | undefined): Decoding<Decoded> {
  const fields: Record<string, unknown> = {};
  for (const [field, header] of headersOf(layout)) {
    fields[field] = header.decode(yield* readL2());
    // Only the first part of a stream says what it is the first part of.
    if (header.name === partHeader && further && fields[field] !== 0) return { layout: further, fields };
  }
  return { layout, fields };
}

function* readExpanded(first: AnyLayout, further: AnyLayout | undefined): Decoding<Decoded> {
  const values = new Map<string, Buffer>();
  for (let left = yield* readU2(); left > 0; left -= 1) {
    const name = (yield* readL2()).toString('latin1').toLowerCase();
    values.set(name, yield* take(yield* readU2()));
  }
  const part = further && values.get(partHeader);
  const layout = further && part?.some((byte) => byte !== 0) ? further : first;
  const fields: Record<string, unknown> = {};
  for (const [field, header] of headersOf(layout)) {
    const value = values.get(header.name);
    if (value === undefined) throw malformed(`${layout.kind} lacks the header ${header.name}`);
    fields[field] = header.decode(value);
  }
  return { layout, fields };
}

function headersOf({ fields }: AnyLayout): readonly (readonly [string, Header<unknown>])[] {
  return Object.entries(fields);
}
