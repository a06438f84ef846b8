import { randomText } from '../seeded-random.ts';
import type { Bayeux, Exchange } from './bayeux.ts';
import { handshakeCookies } from './cookies.ts';
import type { ClientMessage, ServerMessage } from './messages.ts';
import { replyTo } from './messages.ts';
import type { Refusal } from './refusals.ts';
import { concurrentUsers, handshakeDenied, refuse, replayExt, wrongConnectionType } from './refusals.ts';

const longPolling = 'long-polling';

export function handshake(bayeux: Bayeux, exchange: Exchange, message: ClientMessage): ServerMessage {
  const { org, sessions } = bayeux;
  const refusal = problemOf(bayeux, exchange, message);
  if (refusal) return refuse(message, refusal);

  const browser = exchange.browser ?? randomText(org.random, 24).toLowerCase();
  // A browser has one session: two clients that share a jar take it from each other.
  for (const other of sessions.all) if (other.browser === browser) sessions.end(other);
  const session = sessions.open(browser, exchange.server);
  exchange.setCookies.push(...handshakeCookies(browser, org.random));
  return {
    ext: replayExt,
    minimumVersion: '1.0',
    clientId: session.id,
    supportedConnectionTypes: [longPolling],
    ...replyTo(message),
    version: '1.0',
    successful: true,
  };
}

function problemOf(
  { org, sessions }: Bayeux,
  exchange: Exchange,
  message: ClientMessage,
): Refusal | undefined {
  if (exchange.token === undefined) return handshakeDenied('401::Request requires authentication');
  if (!org.accessTokens.accepts(exchange.token)) return handshakeDenied('401::Authentication invalid');
  const types: unknown = message.supportedConnectionTypes;
  if (!Array.isArray(types) || !types.includes(longPolling)) return wrongConnectionType;
  return sessions.alive >= org.settings.concurrentClients ? handshakeDenied(concurrentUsers) : undefined;
}
