// Wire formats: for those who write a peer in another shape.
export type { Decoding } from './wire/codec/decoding.ts';
export { decode } from './wire/codec/decoding.ts';
export type { BodyReader } from './wire/codec/body-reader.ts';
export { readBody } from './wire/codec/body-reader.ts';

export type { ExactSubscription, GlobSubscription, SubscriptionSet } from './wire/subscriptions.ts';
export { etagOf } from './wire/etag.ts';

export type {
  CheckRequest,
  MissedRequest,
  NotifyPrefix,
  ReceivePrefix,
  SubscribeRequest,
  UnsubscribeRequest,
  Wanted,
} from './wire/stateless/requests.ts';
export {
  checkRequest,
  encodeCheck,
  encodeMissed,
  encodeNotifyPrefix,
  encodeReceivePrefix,
  encodeSubscribe,
  encodeUnsubscribe,
  missedRequest,
  notifyPrefix,
  receivePrefix,
  subscribeExactRequest,
  subscribeGlobRequest,
  unsubscribeExactRequest,
  unsubscribeGlobRequest,
} from './wire/stateless/requests.ts';
export type { SetPrefix, SetRequest } from './wire/stateless/set-subscriptions.ts';
export { encodeSet, setPrefix, subscriptionSet } from './wire/stateless/set-subscriptions.ts';
export type {
  CheckReply,
  ConfirmMissed,
  ConfirmReceive,
  GenericReply,
  NotifyReply,
} from './wire/stateless/responses.ts';
export {
  checkReply,
  encodeCheckReply,
  encodeConfirmMissed,
  encodeConfirmReceive,
  encodeGeneric,
  encodeNotifyReply,
  genericReply,
  missedReply,
  notifyReply,
  receiveReply,
  unsubscribeImmediate,
} from './wire/stateless/responses.ts';
export type { ReplayRequest } from './wire/stateless/replay.ts';
export { encodeReplay, replayRequest } from './wire/stateless/replay.ts';
export type { NotifyTrace, TraceEntry } from './wire/tracing.ts';
export { encodeNotifyTrace, notifyTrace } from './wire/tracing.ts';

export type { FrameOptions } from './wire/stateful/envelope.ts';
export {
  decodeBroadcasterMessage,
  decodeSubscriberMessage,
  encodeBroadcasterMessage,
  encodeSubscriberMessage,
} from './wire/stateful/envelope.ts';
export type { BroadcasterMessage, SubscriberMessage } from './wire/stateful/messages.ts';
export type { ConnectionUrls } from './wire/stateful/connection-url.ts';
export { connectionNonce, createConnectionUrls } from './wire/stateful/connection-url.ts';
