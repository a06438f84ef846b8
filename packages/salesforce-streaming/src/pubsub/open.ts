import { isMillraceError, wait } from '@millrace/core';
import type { Token } from '../auth/provider.ts';
import { salesforceError } from '../errors.ts';
import type { Subscription } from '../subscriptions.ts';
import type { OpenTransport, TransportHost } from '../transport.ts';
import type { PubSubClient } from './client.ts';
import { connect } from './client.ts';
import { failureOf } from './failure.ts';
import type { PubSubSession } from './session.ts';
import { startSession } from './session.ts';

/** How long the server is given to refuse a position that must not be fallen back from, in milliseconds. */
const refusalTimeout = 5_000;

/** Reads by Subscribe, one stream a channel, or by ManagedSubscribe. */
export const openPubSub: OpenTransport = async (host) => {
  const client = connect(host.settings.pubsub);
  let session: PubSubSession | undefined;
  try {
    if (host.settings.pubsub.managedSubscription === undefined) {
      await Promise.all(host.subscriptions.all.map((subscription) => check(subscription, client, host)));
    }
    session = startSession(client, host);
    await answers(session, host);
    return session;
  } catch (error) {
    await session?.close();
    client.close();
    throw error;
  }
};

/** Does the channel exist, and may it be read? A stream would tell only when it fails, and be silent for minutes when all is well. */
async function check({ channel }: Subscription, client: PubSubClient, host: TransportHost): Promise<void> {
  const { signal } = host.context;
  const ask = async (token: Token) => await client.getTopic(channel, token);
  const token = await host.auth.token(signal);
  const topic = await ask(token).catch(async (error: Error) => {
    const failure = failureOf(error, channel);
    if (failure.remedy !== 'renew-token') throw failure.error;
    return await ask(await host.auth.renew(token, signal)).catch((again: Error) => {
      throw failureOf(again, channel).error;
    });
  });
  if (topic.canSubscribe) return;
  throw salesforceError(
    'SALESFORCE_CHANNEL_DENIED',
    `${channel}: Salesforce says that the user may not subscribe. It needs the permission to read the event or its object.`,
  );
}

/** Where an invalid position is a reason not to start, waits until it would be known. */
async function answers(session: PubSubSession, { subscriptions, context }: TransportHost): Promise<void> {
  if (!subscriptions.all.some(({ onInvalidPosition }) => onInvalidPosition === 'fail')) return;
  const enough = new AbortController();
  await Promise.race([session.answered, wait(context.clock, refusalTimeout, enough.signal)]);
  enough.abort();
  const { failure } = session;
  if (isMillraceError(failure)) throw failure;
}
