import { isMillraceError, wait } from '@millrace/core';
import type { Token } from '../auth/provider.ts';
import { retryAfterOf } from '../auth/unavailable.ts';
import { salesforceError } from '../errors.ts';
import type { Subscription } from '../subscriptions.ts';
import type { OpenTransport, TransportHost } from '../transport.ts';
import type { PubSubClient } from './client.ts';
import { connect } from './client.ts';
import { failureOf } from './failure.ts';
import type { PubSubSession } from './session.ts';
import { startSession } from './session.ts';

/** Reads by Subscribe, one stream a channel, or by ManagedSubscribe. */
export const openPubSub: OpenTransport = async (host) => {
  const { settings, subscriptions, firstOpen } = host;
  const client = connect(settings.pubsub);
  let session: PubSubSession | undefined;
  try {
    if (firstOpen) {
      await Promise.all(subscriptions.all.map((subscription) => check(subscription, client, host)));
    }
    session = startSession(client, host);
    if (firstOpen) await session.positioned();
    return session;
  } catch (error) {
    await session?.close();
    client.close();
    throw error;
  }
};

/** Does the channel exist, and may it be read? A stream would tell only when it fails, and be silent for minutes when all is well. */
async function check({ channel }: Subscription, client: PubSubClient, host: TransportHost): Promise<void> {
  const token = await host.auth.token(host.context.signal);
  const topic = await client.getTopic(channel, token).catch(async (error: Error) => {
    const failure = failureOf(error, channel);
    if (failure.remedy !== 'renew-token') throw failure.error;
    return await client.getTopic(channel, await renew(token, host)).catch((again: Error) => {
      throw failureOf(again, channel).error;
    });
  });
  if (topic.canSubscribe) return;
  throw salesforceError(
    'SALESFORCE_CHANNEL_DENIED',
    `${channel}: Salesforce says that the user may not subscribe. It needs the permission to read the event or its object.`,
  );
}

/** A token that is new to us may be an old one, which its provider had kept: then another login has to wait a little. */
async function renew(token: Token, { auth, context: { clock, signal } }: TransportHost): Promise<Token> {
  try {
    return await auth.renew(token, signal);
  } catch (error) {
    if (!isMillraceError(error, 'SALESFORCE_AUTH_UNAVAILABLE')) throw error;
    await wait(clock, retryAfterOf(error) ?? 1_000, signal);
    return await auth.renew(token, signal);
  }
}
