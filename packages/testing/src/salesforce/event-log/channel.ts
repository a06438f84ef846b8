export type ChannelKind = 'push-topic' | 'generic' | 'platform' | 'change';

const hour = 3_600_000;

/** The channel on which all change events are. */
export const allChanges = '/data/ChangeEvents';

const kinds: readonly (readonly [RegExp, ChannelKind])[] = [
  [/^\/topic\/[^/?]{1,25}$/, 'push-topic'],
  [/^\/u\/[^?]+$/, 'generic'],
  [/^\/event\/\w+$/, 'platform'],
  [/^\/data\/(?:\w+ChangeEvent|ChangeEvents|\w+__chn)$/, 'change'],
];

/** Undefined when Salesforce has no channels with such a name. */
export function kindOf(channel: string): ChannelKind | undefined {
  return kinds.find(([names]) => names.test(channel))?.[1];
}

/** A custom channel, or that of all changes: it carries events of other channels. */
export function isCollective(channel: string): boolean {
  return channel === allChanges || channel.endsWith('__chn');
}

/** Milliseconds. Streaming API guide, "Message Durability": 24 hours, for high-volume platform and change events 72. */
export function retentionOf(kind: ChannelKind): number {
  return kind === 'push-topic' || kind === 'generic' ? 24 * hour : 72 * hour;
}

/** The last part of a channel's name: `Order__e` of `/event/Order__e`. */
export function apiNameOf(channel: string): string {
  return channel.slice(channel.lastIndexOf('/') + 1);
}

/** The channel of an object's changes: `/data/AccountChangeEvent`, `/data/Thing__ChangeEvent` for `Thing__c`. */
export function changeChannelOf(entityName: string): string {
  const stem = entityName.endsWith('__c') ? entityName.slice(0, -1) : entityName;
  return `/data/${stem}ChangeEvent`;
}

/** The object whose changes a channel carries: the reverse of `changeChannelOf`. */
export function entityOf(channel: string): string {
  const stem = apiNameOf(channel).slice(0, -'ChangeEvent'.length);
  return stem.endsWith('__') ? `${stem}c` : stem;
}
