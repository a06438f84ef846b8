import type { Bayeux, Exchange } from './bayeux.ts';
import type { ClientMessage } from './messages.ts';
import { metaKind } from './messages.ts';
import type { Refusal } from './refusals.ts';
import {
  authenticationInvalid,
  cookieMissing,
  dailyLimit,
  disconnectedClient,
  unknownClient,
} from './refusals.ts';
import type { Session } from './session.ts';

/** The session that a message belongs to, or why it is refused. */
export function admit(
  { org, sessions, allowance }: Bayeux,
  { token, server, browser }: Exchange,
  message: ClientMessage,
): Session | Refusal {
  const { clientId = '' } = message;
  if (!org.accessTokens.accepts(token)) return authenticationInvalid;
  const session = sessions.find(clientId);
  if (!session) return sessions.wasKicked(clientId) ? disconnectedClient : unknownClient;
  // It stays where it is until its time is over.
  if (session.server !== server) return unknownClient;
  if (browser === undefined) return cookieMissing(clientId);
  if (browser !== session.browser) return unknownClient;
  return metaKind(message) === 'connect' && allowance.spent ? dailyLimit : session;
}
