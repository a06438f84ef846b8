import { channel as diagnosticsChannel } from 'node:diagnostics_channel';
import type { Token } from '../auth/provider.ts';
import { retryAfterOf } from '../auth/unavailable.ts';
import type { BayeuxClient } from '../bayeux/client.ts';
import { createBayeuxClient } from '../bayeux/client.ts';
import type { EventMessage, MetaChannel, MetaReply, MetaRequest } from '../bayeux/messages.ts';
import { passesByItself } from '../errors.ts';
import { latestApiVersion } from '../rest/api-version.ts';
import { restClient } from '../rest/rest-client.ts';
import type { TransportHost } from '../transport.ts';
import { createServerClock } from './server-clock.ts';
import type { Setback } from './setback.ts';
import { giveUp } from './setback.ts';

/** What is published on the diagnostics channel `millrace:salesforce:bayeux` for each single message. There are no tokens in it. */
export interface BayeuxTrace {
  readonly source: string;
  readonly direction: 'sent' | 'received';
  readonly message: MetaRequest | MetaReply | EventMessage;
}

/** The Bayeux client with its token, and with the endpoint that goes with the token. */
export interface Wire {
  readonly client: BayeuxClient;
  /** Has a token, a new one after `refuseToken`. */
  authenticate(signal: AbortSignal): Promise<Setback | undefined>;
  /** The server does not take the token any more. */
  refuseToken(): void;
  /** Whether events count. Those that a session that is given up still brings do not: others before them may be lost. */
  listen(listening: boolean): void;
  /** Events so far. */
  readonly received: number;
  /** Milliseconds since 1970. */
  serverTime(): number;
}

/** Milliseconds after the end of a poll in which there must be a reply: without one, the connection is as good as dead. */
const silence = 30_000;

const traces = diagnosticsChannel('millrace:salesforce:bayeux');

export function createWire(
  host: TransportHost,
  onEvents: (events: readonly EventMessage[], by: MetaChannel) => void,
): Wire {
  const { settings, auth, name } = host;
  const { clock } = host.context;
  const serverClock = createServerClock(clock);
  const request = serverClock.listenTo(settings.fetch);
  let token: Token | undefined;
  let refused: Token | undefined;
  let received = 0;
  let listening = true;
  let version = settings.apiVersion === 'latest' ? undefined : settings.apiVersion;

  async function useToken(signal: AbortSignal): Promise<void> {
    const next = refused ? await auth.renew(refused, signal) : await auth.token(signal);
    refused = undefined;
    token = next;
    version ??= await latestApiVersion(restClient({ auth, fetch: request, clock }), signal);
  }

  return {
    client: createBayeuxClient({
      endpoint: () => `${token?.instanceUrl}/cometd/${version}`,
      headers: () => ({ authorization: `Bearer ${token?.accessToken}` }),
      onEvents(events, by) {
        if (!listening) return;
        received += events.length;
        onEvents(events, by);
      },
      onMessage(message, direction) {
        if (!traces.hasSubscribers) return;
        traces.publish({ source: name, direction, message } satisfies BayeuxTrace);
      },
      fetch: request,
      clock,
      pollMargin: silence,
    }),
    async authenticate(signal) {
      try {
        await useToken(signal);
        return undefined;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof Error) || !passesByItself(error)) return giveUp(error);
        const atLeast = retryAfterOf(error) ?? 0;
        return { recovery: { action: 'back-off', pace: 'normal', atLeast }, error };
      }
    },
    refuseToken() {
      refused = token;
    },
    listen(next) {
      listening = next;
    },
    get received() {
      return received;
    },
    serverTime: serverClock.now,
  };
}
