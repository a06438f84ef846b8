import type { SourceContext, SourceSession } from '@millrace/core';
import type { HttpPubsubError } from '../errors.ts';
import { httpPubsubError } from '../errors.ts';
import { createGapReports } from '../receive/gaps.ts';
import { createInbox } from '../receive/inbox.ts';
import { incomingOf } from '../receive/incoming.ts';
import type { Wanted } from '../wire/stateless/requests.ts';
import type { Connection, Received } from './connection.ts';
import { createLink } from './link.ts';
import type { WebsocketPubsubSettings } from './options.ts';

/** Subscriptions that are asked for at once: a broadcaster ends connections that ask for too much. */
const mostAsked = 100;

/** Subscribes, and stays subscribed. Rejects with a PUBSUB error when no broadcaster can be had. */
export async function openSession(
  settings: WebsocketPubsubSettings,
  context: SourceContext,
): Promise<SourceSession> {
  const { wanted, buffer } = settings;
  const { clock, log, random, signal } = context;
  const inbox = createInbox({ maxWaiting: Infinity });
  const broken = new AbortController();
  const onReceipt = settings.ackMode === 'on-receipt';
  let bytesHeld = 0;
  let reconnects = 0;
  let whenRoom = Promise.withResolvers<void>();

  async function receive(received: Received): Promise<void> {
    void accept(received);
    while (inbox.pending >= buffer.messages || bytesHeld >= buffer.bytes) await whenRoom.promise;
  }

  async function accept(received: Received): Promise<void> {
    const { body } = received;
    const inMemory = body?.spooled === false ? body.length : 0;
    const answered = inbox.offer(incomingOf(received, settings.decode));
    if (answered === undefined) return await body?.dispose();
    bytesHeld += inMemory;
    const { outcome } = await answered;
    if (outcome === 'done' || outcome === 'dead') received.confirm();
    bytesHeld -= inMemory;
    whenRoom.resolve();
    whenRoom = Promise.withResolvers();
    // Of what is confirmed on receipt nobody says when it has been read.
    if (!onReceipt || outcome === 'release') await body?.dispose();
  }

  const link = createLink({
    settings: settings.connection(clock),
    broadcasters: settings.broadcasters,
    reconnect: settings.reconnect,
    random,
    receiver: {
      receive,
      missed: createGapReports({
        clock,
        report: (channel, cause) => context.gap({ channel, resumed: 'latest', cause }),
      }),
    },
    prepare: (connection) => subscribeAll(connection, wanted),
    onUp(_connection, lost) {
      context.fetched();
      if (lost === undefined) return;
      reconnects += 1;
      context.gap({ channel: settings.name, resumed: 'latest', cause: missedMeanwhile(lost) });
    },
    onDown(reason) {
      log.warn('There is no connection to a broadcaster.', { error: reason });
      context.degraded(reason);
    },
    onGivenUp: (reason) => broken.abort(reason),
  });

  try {
    await link.start();
  } catch (error) {
    await link.close();
    throw error;
  }

  return {
    async *receive(demand) {
      for await (const batch of inbox.receive(demand, AbortSignal.any([signal, broken.signal]))) {
        if (onReceipt) inbox.settle(batch.map((incoming) => ({ incoming, outcome: 'done' })));
        yield batch;
      }
      if (broken.signal.aborted) throw broken.signal.reason;
    },
    async settle(settlements) {
      inbox.settle(settlements);
    },
    letGo: inbox.letGo,
    async close() {
      inbox.close();
      whenRoom.resolve();
      await link.close();
    },
    pending: () => inbox.pending,
    details: () => ({ broadcaster: link.url, subscriptions: wanted.length, reconnects }),
  };
}

async function subscribeAll(connection: Connection, wanted: readonly Wanted[]): Promise<void> {
  for (let start = 0; start < wanted.length; start += mostAsked) {
    await Promise.all(wanted.slice(start, start + mostAsked).map(connection.subscribe));
  }
}

function missedMeanwhile(lost: HttpPubsubError): HttpPubsubError {
  return httpPubsubError(
    'PUBSUB_MISSED',
    'There was no connection to a broadcaster for a while: what was published then did not come.',
    lost,
  );
}
