import type { Fault } from '../faults/fault.ts';
import { scriptedRefusal } from '../faults/meta-faults.ts';
import { admit } from './admit.ts';
import type { Bayeux, Exchange } from './bayeux.ts';
import { connect } from './connect.ts';
import { handshake } from './handshake.ts';
import type { ClientMessage, MetaKind, ServerMessage } from './messages.ts';
import { metaKind, replyTo } from './messages.ts';
import type { Refusal } from './refusals.ts';
import { authenticationInvalid, refuse } from './refusals.ts';
import type { Session } from './session.ts';
import { subscribe, unsubscribe } from './subscribe.ts';

/** What is said to one message. */
export interface Answer {
  readonly replies: readonly ServerMessage[];
  /** Whose events may travel along. */
  readonly session?: Session;
}

const counterOf = {
  handshake: 'handshakes',
  connect: 'connects',
  subscribe: 'subscribes',
  unsubscribe: 'unsubscribes',
  disconnect: 'disconnects',
} as const satisfies Record<MetaKind, string>;

/** Bayeux's own way of publishing is not supported: events are published by REST. */
const noPublishing: Refusal = { error: '403:denied_by_security_policy:create_denied' };

/** Answers one message. `superseded`: another connect of its session has come; `gone`: nobody waits any more. */
export async function answer(
  bayeux: Bayeux,
  exchange: Exchange,
  message: ClientMessage,
  fault: Fault | undefined,
): Promise<Answer | 'superseded' | 'gone'> {
  const { org, sessions, allowance } = bayeux;
  const kind = metaKind(message);
  if (kind === undefined) return { replies: [refuse(message, noPublishing)] };
  org.counting.counts[counterOf[kind]] += 1;
  const scripted = scriptedRefusal(kind, fault);
  if (kind === 'handshake') {
    return { replies: [scripted ? refuse(message, scripted) : handshake(bayeux, exchange, message)] };
  }

  const known = sessions.find(message.clientId ?? '');
  if (known && kind === 'connect') countConnect(bayeux, known);
  if (known && fault?.kind === 'kick') {
    sessions.kick(known, fault.successful === undefined ? {} : { successful: fault.successful });
  }
  const session = scripted ?? admit(bayeux, exchange, message);
  if ('error' in session) {
    if (known && session.endsSession) sessions.end(known);
    return { replies: refusals(message, session) };
  }
  session.touch();
  switch (kind) {
    case 'connect': {
      const replies = await connect(bayeux, exchange, session, message);
      return typeof replies === 'string' ? replies : { replies, session };
    }
    case 'subscribe':
      return { replies: [subscribe(org, allowance, session, exchange.version, message)], session };
    case 'unsubscribe':
      return { replies: [unsubscribe(session, message)], session };
    case 'disconnect':
      sessions.end(session);
      return { replies: [{ clientId: session.id, ...replyTo(message), successful: true }], session };
  }
}

/** Restforce issue 589: before a connect is refused for its token, the session is disconnected. */
function refusals(message: ClientMessage, refusal: Refusal): readonly ServerMessage[] {
  const reply = refuse(message, refusal);
  const bare = metaKind(message) === 'connect' && refusal.error === authenticationInvalid.error;
  return bare && refusal.failureReason === undefined ? [{ channel: '/meta/disconnect' }, reply] : [reply];
}

function countConnect({ org: { counting } }: Bayeux, { id }: Session): void {
  counting.connectsBySession.set(id, (counting.connectsBySession.get(id) ?? 0) + 1);
}
