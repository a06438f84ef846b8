import type { Advice, ClientMessage, MetaKind, ServerMessage } from './messages.ts';
import { metaKind, replyTo } from './messages.ts';

/** What a meta message is refused with. */
export interface Refusal {
  /** `code:arguments:text` */
  readonly error: string;
  /** Stands in `ext.sfdc.failureReason` and overrides what `error` seems to say. */
  readonly failureReason?: string;
  readonly advice?: Advice;
  readonly endsSession?: boolean;
}

const none: Advice = { reconnect: 'none' };

/** CometD.NET issue 23 shows it on the wire. */
export const unknownClient: Refusal = {
  error: '403::Unknown client',
  advice: { reconnect: 'handshake', interval: 0 },
};

/** EMP-Connector issue 15: after the server has disconnected a session, the advice is none. */
export const disconnectedClient: Refusal = { error: '403::Unknown client', advice: none };

export const authenticationInvalid: Refusal = {
  error: '401::Authentication invalid',
  advice: none,
  endsSession: true,
};

export const wrongConnectionType: Refusal = { error: '400::Invalid connection type', advice: none };

/** A refused handshake says why in `failureReason` only (jsforce, "auth failure detector extension"). */
export function handshakeDenied(failureReason: string): Refusal {
  return { error: '403::Handshake denied', failureReason, advice: none };
}

export const concurrentUsers = '403::Organization concurrent user limit exceeded';

export const dailyLimit: Refusal = {
  error: '403::Organization total events daily limit exceeded',
  advice: none,
};

/** cometd issue 881 quotes it. */
export function cookieMissing(clientId: string): Refusal {
  return {
    error: `400::Client ${clientId} has established a session, but no BAYEUX_BROWSER cookie present`,
    advice: none,
  };
}

const busyReason = '503::Server is too busy. Please try your request again later.';

/** The reason is hidden behind an error that reads as something else (CAMEL-14068). */
export function busy(kind: MetaKind): Refusal {
  if (kind === 'handshake') return handshakeDenied(busyReason);
  const error =
    kind === 'subscribe' ? '403:denied_by_security_policy:subscribe_denied' : '401::Authentication invalid';
  return { error, failureReason: busyReason, advice: none };
}

export const replayExt = { replay: true, 'payload.format': true };

export function refuse(message: ClientMessage, { error, failureReason, advice }: Refusal): ServerMessage {
  const handshake = metaKind(message) === 'handshake';
  const ext = {
    ...(failureReason !== undefined && { sfdc: { failureReason } }),
    ...(handshake && replayExt),
  };
  return {
    ...(Object.keys(ext).length > 0 && { ext }),
    ...(advice && { advice }),
    ...replyTo(message),
    ...(typeof message.subscription === 'string' && { subscription: message.subscription }),
    error,
    successful: false,
  };
}
