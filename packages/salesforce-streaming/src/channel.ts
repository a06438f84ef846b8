import type { SalesforceError } from './errors.ts';
import { salesforceError } from './errors.ts';

/** Kinds of channels, by the first part of their names. */
const kinds = ['event', 'data', 'topic', 'u', 'systemTopic'];
const kindsOfPubsub = ['event', 'data'];

export interface ChannelName {
  /** As it is subscribed to. */
  readonly subscription: string;
  /** Without the filter of a PushTopic. */
  readonly channel: string;
}

/** Takes a channel's name apart. Throws SALESFORCE_OPTIONS when no org can have it, or the transport can't read it. */
export function parseChannel(text: unknown, transport: 'bayeux' | 'pubsub'): ChannelName {
  if (typeof text !== 'string' || text.trim() === '')
    throw invalid('A channel must be a text such as "/event/Order__e".');
  const subscription = text.trim();
  if (!subscription.startsWith('/')) {
    throw invalid(`"${subscription}" must start with a slash, such as "/event/${subscription}".`);
  }
  const channel = withoutFilter(subscription);
  const [, kind = '', ...rest] = channel.split('/');
  if (!kinds.includes(kind) || rest.length === 0 || rest.some((part) => !/^[\w.-]+$/.test(part))) {
    throw invalid(
      `"${subscription}" is no channel. There are /event/Name__e, /data/ObjectChangeEvent, /data/ChangeEvents, /topic/Name and /u/name.`,
    );
  }
  if (channel !== subscription && kind !== 'topic') {
    throw invalid(
      `"${subscription}" has a filter, which only /topic channels take. Leave out what follows the question mark.`,
    );
  }
  if (transport === 'pubsub' && !kindsOfPubsub.includes(kind)) {
    throw invalid(
      `The Pub/Sub API does not carry "${subscription}", only /event and /data channels. Read it by a source with \`transport: 'bayeux'\`.`,
    );
  }
  return { subscription, channel };
}

export function withoutFilter(subscription: string): string {
  const [channel = ''] = subscription.split('?', 1);
  return channel;
}

function invalid(problem: string): SalesforceError {
  return salesforceError('SALESFORCE_OPTIONS', `\`channels\`: ${problem}`);
}
