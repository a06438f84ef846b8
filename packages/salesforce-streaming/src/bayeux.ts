// The client.
export type {
  BayeuxClient,
  ConnectOptions,
  ForgetOptions,
  RequestOptions,
  StepOptions,
} from './bayeux/client.ts';
export { createBayeuxClient } from './bayeux/client.ts';
export type { BayeuxClientOptions } from './bayeux/options.ts';

// What goes wrong.
export type { BayeuxError } from './bayeux/bayeux-error.ts';
export { isBayeuxError } from './bayeux/bayeux-error.ts';
export type { ErrorField } from './bayeux/error-field.ts';
export { parseErrorField } from './bayeux/error-field.ts';
export type {
  BayeuxFailure,
  DisconnectedFailure,
  GarbageFailure,
  HttpFailure,
  MetaFailure,
  NetworkFailure,
  PollExpiredFailure,
  RedirectedFailure,
  TimeoutFailure,
  TooLargeFailure,
} from './bayeux/failure.ts';

// What travels.
export type {
  Advice,
  ConnectReply,
  ConnectRequest,
  DisconnectReply,
  DisconnectRequest,
  EventMessage,
  Extensions,
  HandshakeReply,
  HandshakeRequest,
  MetaChannel,
  MetaReply,
  MetaRequest,
  ReplayId,
  SubscribeReply,
  SubscriptionRequest,
  UnsubscribeReply,
} from './bayeux/messages.ts';
export { isMetaReply } from './bayeux/messages.ts';
