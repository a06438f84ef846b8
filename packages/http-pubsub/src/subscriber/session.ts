import type { SourceContext, SourceSession } from '@millrace/core';
import { createBroadcasters } from '../calls/broadcasters.ts';
import { subscriptionCalls } from '../calls/subscription-calls.ts';
import type { HttpPubsubError } from '../errors.ts';
import { httpPubsubError } from '../errors.ts';
import type { Listener } from '../listener/listener.ts';
import { createListener } from '../listener/listener.ts';
import type { Route } from '../listener/route.ts';
import { outgoing } from '../outgoing/outgoing.ts';
import { createDeadlines } from '../receive/deadlines.ts';
import { createGapReports } from '../receive/gaps.ts';
import { createInbox } from '../receive/inbox.ts';
import { topicName } from '../receive/incoming.ts';
import { createSpooling } from '../receive/spool.ts';
import { withHandshake } from './handshake-routes.ts';
import { createIntake } from './intake.ts';
import { receiveRoute } from './receive-route.ts';
import { reconcile } from './reconcile.ts';
import { longestMissed, recoverRoute } from './recover-route.ts';
import type { SubscriberSettings } from './settings.ts';
import { keepUp } from './upkeep.ts';

/** What may stand before a message: three fields, and a length. */
const longestPrefix = 2 * (65_535 + 2) + 256 + 8;

/** Listens, then subscribes. Rejects with a PUBSUB error when either can't be done. */
export async function openSession(
  settings: SubscriberSettings,
  context: SourceContext,
): Promise<SourceSession> {
  const { address, auth, subscriptions } = settings;
  const { clock, log, random, signal } = context;
  const client = outgoing({ ...settings.outgoing, clock });
  const broadcasters = createBroadcasters({ ...settings, outgoing: client, clock, random });
  const calls = subscriptionCalls(address, auth);
  const inbox = createInbox({ maxWaiting: settings.maxWaiting });
  const spooling = createSpooling(settings.spool);
  const deadlines = createDeadlines(clock, settings.handlerTimeout);
  const closed = new AbortController();
  const counts = { received: 0, refused: 0, unwanted: 0, missed: 0 };
  const reportGap = createGapReports({
    clock,
    report: (channel, cause) => context.gap({ channel, resumed: 'latest', cause }),
  });
  const look = () =>
    reconcile({ broadcasters, calls, url: address.receive, subscriptions, signal: closed.signal });
  const intake = createIntake(inbox, settings.room + settings.maxWaiting, signal);

  const { listener, release } = await listen(settings, log);
  const detach = attach(listener);
  let upkeep: ReturnType<typeof keepUp> | undefined;

  function attach(listener: Listener): () => void {
    const receive = receiveRoute({
      settings,
      deadlines,
      spooling,
      hasRoom() {
        if (intake.hasRoom()) return true;
        counts.refused += 1;
        return false;
      },
      admit() {
        const place = intake.admit();
        counts[place ? 'received' : 'refused'] += 1;
        return place;
      },
      onUnwanted(topic) {
        counts.unwanted += 1;
        if (counts.unwanted === 1) {
          log.warn(
            'Something came that no subscription of the source wants: is "globDialect" that of the broadcaster?',
            { topic: topicName(topic) },
          );
        }
        upkeep?.hurry();
      },
    });
    const recover = recoverRoute(settings, (topic) => {
      counts.missed += 1;
      reportGap(topic);
      upkeep?.hurry();
    });
    const { paths } = address;
    const maxBody = settings.maxBody + longestPrefix;
    const routes: readonly Route[] = [
      { method: 'POST', path: paths.receive, maxBody, handle: receive },
      { method: 'POST', path: paths.recovery, maxBody: longestMissed, handle: recover },
    ];
    return listener.attach(withHandshake(routes, settings.handshake));
  }

  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    closed.abort();
    inbox.close();
    deadlines.close();
    await upkeep?.stop();
    if (upkeep && settings.unsubscribeOnClose) await unsubscribe();
    await release();
    detach();
    await client.close();
  }

  async function unsubscribe(): Promise<void> {
    try {
      await broadcasters.call(calls.set({ exact: [], globs: [] }));
    } catch (error) {
      log.warn('The subscriptions could not be ended; the broadcaster goes on calling.', { error });
    }
  }

  // Who stops while it starts does not wait for broadcasters.
  const stopLooking = () => closed.abort();
  signal.addEventListener('abort', stopLooking, { once: true });
  if (signal.aborted) stopLooking();
  try {
    await listener.listen();
    await look();
  } catch (error) {
    await close();
    throw error;
  }
  context.fetched();
  upkeep = keepUp({
    context,
    interval: settings.reconcileInterval,
    reconcile: look,
    onRenewed: () => context.gap({ channel: settings.name, resumed: 'latest', cause: renewed() }),
  });

  return {
    receive: (demand) => inbox.receive(demand, signal),
    async settle(settlements) {
      inbox.settle(settlements);
    },
    letGo: inbox.letGo,
    close: () => (closing ??= close()),
    details: () => ({
      url: address.receive,
      subscriptions: subscriptions.exact.length + subscriptions.globs.length,
      broadcasters: broadcasters.health(),
      spooled: spooling.used,
      ...counts,
    }),
  };
}

async function listen(
  { listener: { listener, listen }, maxBody }: SubscriberSettings,
  log: SourceContext['log'],
): Promise<{ readonly listener: Listener; release(): Promise<void> }> {
  if (listener) return { listener, release: async () => {} };
  const own = createListener({ ...listen, log, maxBody: maxBody + longestPrefix });
  return { listener: own, release: own.close };
}

function renewed(): HttpPubsubError {
  return httpPubsubError(
    'PUBSUB_MISSED',
    'The broadcaster had subscriptions that had to go, for which all were made anew: what was published meanwhile did not come.',
  );
}
