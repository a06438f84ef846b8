import type { Fields } from './event.ts';

/** Fields of the record and values that they can have. */
export type Filter = readonly (readonly [field: string, value: string])[];

/** A subscription such as `/topic/Open?Status='New'&Type='A'`, taken apart. */
export interface SubscriptionParts {
  readonly channel: string;
  readonly filter: Filter;
}

/** Only PushTopics have filters: in other names a `?` is kept. */
export function splitSubscription(subscription: string): SubscriptionParts {
  const mark = subscription.startsWith('/topic/') ? subscription.indexOf('?') : -1;
  if (mark === -1) return { channel: subscription, filter: [] };
  return {
    channel: subscription.slice(0, mark),
    filter: [...new URLSearchParams(subscription.slice(mark + 1))].map(([field, value]) => [
      field,
      value.replace(/^'(.*)'$/s, '$1'),
    ]),
  };
}

/** One condition is enough, though they are joined by `&`. Streaming API guide: "Filtered Subscriptions". */
export function passesFilter(sobject: Fields, filter: Filter): boolean {
  return filter.length === 0 || filter.some(([field, value]) => asText(sobject[field]) === value);
}

function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? value.toString()
    : undefined;
}
