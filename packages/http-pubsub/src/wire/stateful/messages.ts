import { headers } from './headers.ts';
import type { MessageOf } from './layout.ts';
import { layout } from './layout.ts';

const { authorization, tracing, topic, glob, identifier, part, dictionary } = headers;
const signed = { authorization, tracing };

/** What describes a message, whole or in parts. */
const content = {
  topic,
  compressor: headers.compressor,
  compressedLength: headers.compressedLength,
  decompressedLength: headers.decompressedLength,
  compressedDigest: headers.compressedDigest,
};
const firstPart = { ...signed, identifier, part: headers.streamPart, ...content };
const furtherPart = { ...signed, identifier, part: headers.streamPart };
const compression = {
  dictionary,
  level: headers.level,
  minSize: headers.minSize,
  maxSize: headers.maxSize,
  ...signed,
};

/** From subscriber to broadcaster. A stream's first part and the further ones are one kind to the peer. */
export const subscriberLayouts = [
  layout('configure', 1, {
    subscriberNonce: headers.subscriberNonce,
    enableZstd: headers.enableZstd,
    enableTraining: headers.enableTraining,
    initialDictionary: headers.initialDictionary,
    ...signed,
  }),
  layout('subscribe-exact', 2, { ...signed, topic }),
  layout('subscribe-glob', 3, { ...signed, glob }),
  layout('unsubscribe-exact', 4, { ...signed, topic }),
  layout('unsubscribe-glob', 5, { ...signed, glob }),
  layout('notify', 6, { ...signed, identifier, ...content }, true),
  layout('notify-stream', 7, firstPart, true),
  layout('notify-stream-part', 7, furtherPart, true),
  layout('continue-receive', 8, { identifier, part, ...signed }),
  layout('confirm-receive', 9, { identifier, ...signed, subscribers: headers.receivers }),
] as const;

/** From broadcaster to subscriber. */
export const broadcasterLayouts = [
  layout('confirm-configure', 1, { broadcasterNonce: headers.broadcasterNonce, ...signed }),
  layout('confirm-subscribe-exact', 2, { topic, ...signed }),
  layout('confirm-subscribe-glob', 3, { glob, ...signed }),
  layout('confirm-unsubscribe-exact', 4, { topic, ...signed }),
  layout('confirm-unsubscribe-glob', 5, { glob, ...signed }),
  layout('confirm-notify', 6, { identifier, subscribers: headers.subscribers, ...signed }),
  layout('continue-notify', 7, { identifier, part, ...signed }),
  layout('receive-stream', 8, firstPart, true),
  layout('receive-stream-part', 8, furtherPart, true),
  layout('enable-zstd-preset', 9, compression),
  layout('enable-zstd-custom', 10, { ...compression, dictionaryDigest: headers.dictionaryDigest }, true),
  layout('disable-zstd-custom', 11, { dictionary, ...signed }),
  layout('missed', 12, { ...signed, topic }),
] as const;

export type SubscriberMessage = MessageOf<(typeof subscriberLayouts)[number]>;
export type BroadcasterMessage = MessageOf<(typeof broadcasterLayouts)[number]>;
