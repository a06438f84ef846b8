import type { Fault } from '../faults/fault.ts';
import type { Bayeux, Exchange } from './bayeux.ts';
import { connect } from './connect.ts';
import { handshake } from './handshake.ts';
import type { ClientMessage, MetaKind, ServerMessage } from './messages.ts';
import { metaKind, replyTo } from './messages.ts';
import type { Refusal } from './refusals.ts';
import {
  authenticationInvalid,
  busy,
  concurrentUsers,
  cookieMissing,
  dailyLimit,
  disconnectedClient,
  handshakeDenied,
  refuse,
  unknownClient,
} from './refusals.ts';
import type { Session } from './session.ts';
import { subscribe, unsubscribe } from './subscribe.ts';

const counterOf = {
  handshake: 'handshakes',
  connect: 'connects',
  subscribe: 'subscribes',
  unsubscribe: 'unsubscribes',
  disconnect: 'disconnects',
} as const satisfies Record<MetaKind, string>;

/** The replies to one message. */
export async function answer(
  bayeux: Bayeux,
  exchange: Exchange,
  message: ClientMessage,
  fault: Fault | undefined,
): Promise<readonly ServerMessage[] | 'superseded' | 'gone'> {
  const { org, sessions, allowance } = bayeux;
  const kind = metaKind(message);
  if (kind === undefined) return [refuse(message, noPublishing)];
  org.counting.counts[counterOf[kind]] += 1;
  const scripted = scriptedRefusal(message, fault);
  if (kind === 'handshake') {
    return [scripted ? refuse(message, scripted) : handshake(bayeux, exchange, message)];
  }

  const session = sessions.find(message.clientId ?? '');
  if (kind === 'connect' && session) countConnect(bayeux, session);
  if (session && fault?.kind === 'kick') {
    sessions.kick(session, fault.successful === undefined ? {} : { successful: fault.successful });
  }
  const refusal = scripted ?? problemOf(bayeux, exchange, session, message);
  if (refusal === undefined && session) {
    session.touch();
    switch (kind) {
      case 'connect':
        return connect(bayeux, exchange, session, message);
      case 'subscribe':
        return [subscribe(org, allowance, session, exchange.version, message)];
      case 'unsubscribe':
        return [unsubscribe(session, message)];
      case 'disconnect':
        sessions.end(session);
        return [{ clientId: session.id, ...replyTo(message), successful: true }];
    }
  }
  const reply = refuse(message, refusal ?? unknownClient);
  if (session && ends(refusal)) sessions.end(session);
  // Restforce issue 589: a bare disconnect comes before the refused connect.
  return refusal === authenticationInvalid && kind === 'connect'
    ? [{ channel: '/meta/disconnect' }, reply]
    : [reply];
}

/** Bayeux's own way of publishing is not supported. */
const noPublishing: Refusal = { error: '403:denied_by_security_policy:create_denied' };

function countConnect({ org: { counting } }: Bayeux, { id }: Session): void {
  counting.connectsBySession.set(id, (counting.connectsBySession.get(id) ?? 0) + 1);
}

function ends(refusal: Refusal | undefined): boolean {
  return refusal === authenticationInvalid || refusal === unknownClient;
}

function problemOf(
  { org, sessions }: Bayeux,
  exchange: Exchange,
  session: Session | undefined,
  { clientId = '' }: ClientMessage,
): Refusal | undefined {
  if (!org.accessTokens.accepts(exchange.token)) return authenticationInvalid;
  if (!session) return sessions.wasKicked(clientId) ? disconnectedClient : unknownClient;
  // Not ended: a session stays on its server until its time is over.
  if (session.server !== exchange.server) return { ...unknownClient };
  if (exchange.browser === undefined) return cookieMissing(clientId);
  return exchange.browser === session.browser ? undefined : { ...unknownClient };
}

function scriptedRefusal(message: ClientMessage, fault: Fault | undefined): Refusal | undefined {
  switch (fault?.kind) {
    case 'busy':
      return busy(message);
    case 'unknown-client':
      return unknownClient;
    case 'authentication':
      return metaKind(message) === 'handshake'
        ? handshakeDenied('401::Authentication invalid')
        : authenticationInvalid;
    case 'concurrent-users':
      return metaKind(message) === 'handshake'
        ? concurrentUsers
        : { ...concurrentUsers, error: '403::Organization concurrent user limit exceeded' };
    case 'daily-limit':
      return dailyLimit;
    case 'refuse':
      return fault;
    default:
      return undefined;
  }
}
