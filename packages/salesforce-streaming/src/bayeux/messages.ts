/** How to go on. What a reply leaves out stays as it was. */
export interface Advice {
  /** `retry`: poll again; `handshake`: with a new session; `none`: not with this session. */
  readonly reconnect?: 'retry' | 'handshake' | 'none';
  /** Milliseconds to wait before the next poll. */
  readonly interval?: number;
  /** Milliseconds for which the server holds a poll that has nothing to bring. */
  readonly timeout?: number;
}

/** A replay id as an extension carries it. A bigint is written with all its digits. */
export type ReplayId = number | bigint;

/** What travels beside a message. Salesforce knows `replay`: true in a handshake, ids by channel in a subscribe. */
export interface Extensions {
  readonly replay?: boolean | Readonly<Record<string, ReplayId>>;
  readonly [extension: string]: unknown;
}

interface Reply {
  /** Missing in some replies of Salesforce, such as a server-sent `/meta/disconnect`. */
  readonly id?: string;
  readonly clientId?: string;
  readonly successful?: boolean;
  readonly error?: string;
  readonly advice?: Advice;
  readonly ext?: Readonly<Record<string, unknown>>;
}

export interface HandshakeReply extends Reply {
  readonly channel: '/meta/handshake';
  readonly version?: string;
  readonly minimumVersion?: string;
  readonly supportedConnectionTypes?: readonly string[];
}

export interface ConnectReply extends Reply {
  readonly channel: '/meta/connect';
}

export interface SubscribeReply extends Reply {
  readonly channel: '/meta/subscribe';
  readonly subscription?: string;
}

export interface UnsubscribeReply extends Reply {
  readonly channel: '/meta/unsubscribe';
  readonly subscription?: string;
}

/** Also sent by the server on its own, to end a session. */
export interface DisconnectReply extends Reply {
  readonly channel: '/meta/disconnect';
}

export type MetaReply = HandshakeReply | ConnectReply | SubscribeReply | UnsubscribeReply | DisconnectReply;
export type MetaChannel = MetaReply['channel'];
/** An event. Integers in it that a number can't hold are bigints, so that no replay id loses digits. */
export interface EventMessage {
  /** The channel it was published on; no `/meta/` one. */
  readonly channel: string;
  readonly data?: unknown;
  readonly id?: string;
  readonly clientId?: string;
  readonly ext?: Readonly<Record<string, unknown>>;
}

export interface HandshakeRequest {
  readonly channel: '/meta/handshake';
  readonly id: string;
  readonly version: '1.0';
  readonly minimumVersion: '1.0';
  readonly supportedConnectionTypes: readonly ['long-polling'];
  readonly ext?: Extensions;
}

export interface ConnectRequest {
  readonly channel: '/meta/connect';
  readonly id: string;
  readonly clientId: string;
  readonly connectionType: 'long-polling';
  readonly advice?: Advice;
}

export interface SubscriptionRequest {
  readonly channel: '/meta/subscribe' | '/meta/unsubscribe';
  readonly id: string;
  readonly clientId: string;
  readonly subscription: string;
  readonly ext?: Extensions;
}

export interface DisconnectRequest {
  readonly channel: '/meta/disconnect';
  readonly id: string;
  readonly clientId: string;
}

export type MetaRequest = HandshakeRequest | ConnectRequest | SubscriptionRequest | DisconnectRequest;

export function isMetaReply(message: MetaReply | EventMessage): message is MetaReply {
  return message.channel.startsWith('/meta/');
}
