import type { StartPosition } from '@millrace/core';
import { parseChannel } from './channel.ts';
import { parsePosition } from './cursor.ts';
import { salesforceError } from './errors.ts';
import type { ChannelOptions } from './options.ts';

/** One channel that is wanted. */
export interface Subscription {
  /** As it is subscribed to, the filter of a PushTopic included: `/topic/Open?Status=New`. */
  readonly subscription: string;
  /** Without a filter. */
  readonly channel: string;
  readonly start: StartPosition;
  readonly onInvalidPosition: 'earliest' | 'latest' | 'fail';
}

/** The channels of a source, which may change while it runs. */
export interface Subscriptions {
  readonly all: readonly Subscription[];
  /** Calls back after each change; the returned function ends that. */
  onChange(listener: () => void): () => void;
}

export interface EditableSubscriptions extends Subscriptions {
  /** Throws SALESFORCE_OPTIONS. */
  add(channel: string | ChannelOptions): void;
  /** With or without its filter. Throws SALESFORCE_OPTIONS when there is none such. */
  remove(channel: string): void;
}

export interface SubscriptionDefaults {
  readonly transport: 'bayeux' | 'pubsub';
  readonly start: StartPosition;
  readonly onInvalidPosition: 'earliest' | 'latest' | 'fail';
}

export function createSubscriptions(
  channels: readonly (string | ChannelOptions)[],
  defaults: SubscriptionDefaults,
): EditableSubscriptions {
  /** By the name in small letters. */
  const wanted = new Map<string, Subscription>();
  const listeners = new Set<() => void>();

  function add(added: string | ChannelOptions): void {
    const subscription = parse(added, defaults);
    const key = keyOf(subscription.channel);
    const present = wanted.get(key);
    if (present) throw invalid(alreadyThere(present, subscription));
    wanted.set(key, subscription);
  }

  function changed(): void {
    for (const listener of listeners) listener();
  }

  channels.forEach(add);
  const [{ start } = { start: defaults.start }] = wanted.values();
  if (wanted.size > 1 && start === defaults.start && typeof start === 'object' && 'after' in start) {
    throw invalid(
      '`start: { after }` of the source is a position of one channel. Give it to that one: { channel, start }.',
    );
  }

  return {
    get all() {
      return [...wanted.values()];
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    add(channel) {
      add(channel);
      changed();
    },
    remove(channel) {
      const { channel: bare } = parseChannel(channel, defaults.transport);
      if (wanted.get(keyOf(bare))?.channel !== bare)
        throw invalid(`There is no subscription to "${channel}".`);
      wanted.delete(keyOf(bare));
      changed();
    },
  };
}

function parse(added: string | ChannelOptions, defaults: SubscriptionDefaults): Subscription {
  const given: Partial<ChannelOptions> | null = typeof added === 'string' ? { channel: added } : added;
  const { channel, start = defaults.start, onInvalidPosition = defaults.onInvalidPosition } = given ?? {};
  const name = parseChannel(channel, defaults.transport);
  checkStart(name.subscription, start, defaults.transport);
  if (!['earliest', 'latest', 'fail'].includes(onInvalidPosition)) {
    throw invalid(`"onInvalidPosition" of "${name.subscription}" must be "earliest", "latest" or "fail".`);
  }
  return { ...name, start, onInvalidPosition };
}

function checkStart(subscription: string, start: unknown, transport: 'bayeux' | 'pubsub'): void {
  if (start === 'latest' || start === 'earliest') return;
  if (typeof start === 'object' && start !== null) {
    if ('at' in start && start.at instanceof Date && !Number.isNaN(start.at.getTime())) return;
    if ('after' in start && typeof start.after === 'string' && parsePosition(transport, start.after)) return;
  }
  throw invalid(
    `The start of "${subscription}" must be "latest", "earliest", { at: date } or { after: position }, with the position of an event that came by the transport "${transport}".`,
  );
}

function alreadyThere(present: Subscription, added: Subscription): string {
  if (present.channel !== added.channel) {
    return `"${present.channel}" and "${added.channel}" differ by case only, which Salesforce does not allow.`;
  }
  if (present.subscription !== added.subscription) {
    return `"${present.subscription}" and "${added.subscription}" are the same channel. Use one filter that takes both, or a second source.`;
  }
  return `"${added.subscription}" is there already. Leave one out.`;
}

function keyOf(channel: string): string {
  return channel.toLowerCase();
}

function invalid(problem: string): Error {
  return salesforceError(
    'SALESFORCE_OPTIONS',
    problem.startsWith('`') ? problem : `\`channels\`: ${problem}`,
  );
}
