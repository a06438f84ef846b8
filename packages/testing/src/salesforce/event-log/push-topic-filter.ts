import type { Fields } from './event.ts';

/** A subscription such as `/topic/Open?Status=New&Type=A`, taken apart. */
export interface SubscriptionParts {
  readonly channel: string;
  /** Values that fields of the record must have. */
  readonly filter: ReadonlyMap<string, string>;
}

/** Streaming API guide, "Filtered Subscriptions". Only PushTopics have them: in other names a `?` is kept. */
export function splitSubscription(subscription: string): SubscriptionParts {
  const mark = subscription.startsWith('/topic/') ? subscription.indexOf('?') : -1;
  if (mark === -1) return { channel: subscription, filter: new Map() };
  return {
    channel: subscription.slice(0, mark),
    filter: new Map(new URLSearchParams(subscription.slice(mark + 1))),
  };
}

export function passesFilter(sobject: Fields, filter: ReadonlyMap<string, string>): boolean {
  return [...filter].every(([field, value]) => {
    const actual = sobject[field];
    return actual !== undefined && String(actual) === value;
  });
}
