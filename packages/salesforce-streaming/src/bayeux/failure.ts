import type { ErrorField } from './error-field.ts';
import type { Advice, MetaChannel } from './messages.ts';

/**
 * Why a step failed. After any failure of a connect or subscribe but `meta` and `disconnected`, and after an abort, a
 * reply with events may have been lost on the way: the server takes them as delivered, so subscribe again from the
 * last replay id.
 */
export type BayeuxFailure =
  | HttpFailure
  | MetaFailure
  | DisconnectedFailure
  | NetworkFailure
  | TimeoutFailure
  | PollExpiredFailure
  | GarbageFailure
  | TooLargeFailure
  | RedirectedFailure;

/** An HTTP error whose body has no Bayeux messages. */
export interface HttpFailure {
  readonly kind: 'http';
  readonly status: number;
  /** Milliseconds, from `Retry-After`. */
  readonly retryAfter: number | undefined;
  /** Of a Salesforce error body, such as `INVALID_SESSION_ID`. */
  readonly errorCode: string | undefined;
}

/** The server answered, and says no. */
export interface MetaFailure {
  readonly kind: 'meta';
  /** Of the request. */
  readonly channel: MetaChannel;
  /** Of the request, when that is a subscribe or unsubscribe. */
  readonly subscription: string | undefined;
  readonly error: ErrorField;
  /** Of `ext.sfdc.failureReason`. */
  readonly failureReason: ErrorField | undefined;
  /** What counts: `failureReason` when there is one (it overrides, Streaming API guide: Error Codes), else `error`. */
  readonly reason: ErrorField;
  readonly advice: Advice | undefined;
  readonly clientId: string | undefined;
  /** A `/meta/disconnect` came with it: this session is over in any case. */
  readonly disconnected: boolean;
  /** Of HTTP; 200 mostly, but Salesforce sends 401 and 403 both ways. */
  readonly status: number;
}

/** The server ended the session with a `/meta/disconnect` and gave no other error. */
export interface DisconnectedFailure {
  readonly kind: 'disconnected';
  readonly error: ErrorField | undefined;
  readonly advice: Advice | undefined;
}

/** No connection, or it broke before the whole reply was read; the error's `cause` says more. */
export interface NetworkFailure {
  readonly kind: 'network';
  /** Such as `ECONNREFUSED`. */
  readonly errorCode: string | undefined;
}

export interface TimeoutFailure {
  readonly kind: 'timeout';
  /** How long was waited. */
  readonly milliseconds: number;
}

/** HTTP 408 without a message: older CometD's answer to a poll that expired. Poll again. */
export interface PollExpiredFailure {
  readonly kind: 'poll-expired';
}

/** A reply that no Bayeux server would send: of a proxy, an error page, or cut short. */
export interface GarbageFailure {
  readonly kind: 'garbage';
  /**
   * `no-reply`: there are messages, but none answers the request; `no-client-id`: a successful handshake that does not
   * name its session.
   */
  readonly what: 'html' | 'not-json' | 'not-messages' | 'empty' | 'no-reply' | 'no-client-id';
  readonly status: number;
}

export interface TooLargeFailure {
  readonly kind: 'too-large';
  /** A `request` was not sent, or was refused with HTTP 413. */
  readonly direction: 'request' | 'response';
  /** Bytes. */
  readonly limit: number;
}

/** The server sends us elsewhere. Not followed, because the token is for this instance alone. */
export interface RedirectedFailure {
  readonly kind: 'redirected';
  readonly status: number;
  /** Such as `https://acme-2.my.salesforce.com`. Undefined when the reply does not say. */
  readonly origin: string | undefined;
  /** To the same host, which is mostly a login page. */
  readonly sameOrigin: boolean;
}
