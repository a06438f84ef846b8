import type { SourceContext, SourceSession } from '@millrace/core';
import type { AuthSession } from './auth/provider.ts';
import { sameOrg } from './auth/same-org.ts';
import { parsePosition } from './cursor.ts';
import { createPassedPositions } from './merge-passed.ts';
import { loadTransport } from './open-transport.ts';
import type { SalesforceSettings } from './options.ts';
import { createPlaces } from './places.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { TransportSession } from './transport.ts';

export interface OpenOptions {
  readonly settings: SalesforceSettings;
  readonly auth: AuthSession;
  readonly subscriptions: Subscriptions;
  readonly context: SourceContext;
  /** Nothing has worked so far. */
  readonly firstOpen: boolean;
  /** The session has ended because going on is of no use. */
  readonly onFailed: (error: unknown) => void;
}

/** Logs in, connects and subscribes, and stands between core's positions and the transport's cursors. */
export async function openSession(options: OpenOptions): Promise<SourceSession> {
  const { settings, context, auth, subscriptions, firstOpen } = options;
  const openTransport = await loadTransport(settings);
  const { orgId } = await auth.token(context.signal);
  const places = createPlaces({ settings, context, orgId });
  const passedPositions = createPassedPositions();
  const transport = await openTransport({
    settings,
    auth: sameOrg(auth, orgId),
    subscriptions,
    context,
    name: settings.name,
    orgId,
    firstOpen,
    start: places.start,
    subscribedAtTip(subscription, serverTime) {
      const passed = places.subscribedAtTip(subscription, serverTime);
      if (passed) passedPositions.add(passed);
    },
    fallBack: async (subscription, cause) => places.fallBack(subscription, cause),
  });

  return {
    scope: orgId,
    async *receive(demand) {
      try {
        for await (const received of passedPositions.mergedWith(transport.receive(demand))) {
          if ('position' in received) yield received;
          else if ('cursor' in received) yield places.passed(received.channel, received.cursor);
          else {
            const { passed, incoming } = places.admit(received);
            if (incoming.length < received.length) demand.cancel(received.length - incoming.length);
            yield* passed;
            if (incoming.length > 0) yield incoming;
          }
        }
      } catch (error) {
        options.onFailed(error);
        throw error;
      }
    },
    async settle() {},
    details: () => ({ transport: settings.transport, orgId, ...transport.details() }),
    close: transport.close,
    ...commitBy(settings, transport),
  };
}

function commitBy(settings: SalesforceSettings, { commit }: TransportSession): Pick<SourceSession, 'commit'> {
  if (commit === undefined) return {};
  return {
    async commit(channel, position) {
      const cursor = parsePosition(settings.transport, position)?.cursor;
      if (cursor !== undefined) await commit(channel, cursor);
    },
  };
}
