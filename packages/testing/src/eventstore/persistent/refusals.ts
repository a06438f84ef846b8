import type { Refusal } from '../refusal.ts';
import type { GroupKey } from './groups.ts';

/** What the server says of a group when it refuses. Clients read the trailers (RpcExceptions.cs of the server). */
export const groupRefusals = {
  doesNotExist: (key: GroupKey): Refusal => ({
    status: 'NOT_FOUND',
    details: `Subscription group ${key.name} on stream ${key.source} does not exist.`,
    trailers: trailersOf('persistent-subscription-does-not-exist', key),
  }),
  exists: (key: GroupKey): Refusal => ({
    status: 'ALREADY_EXISTS',
    details: `Subscription group ${key.name} on stream ${key.source} exists.`,
    trailers: trailersOf('persistent-subscription-exists', key),
  }),
  failed: (key: GroupKey, reason: string): Refusal => ({
    status: 'INTERNAL',
    details: `Subscription group ${key.name} on stream ${key.source} failed: '${reason}'`,
    trailers: { ...trailersOf('persistent-subscription-failed', key), reason },
  }),
  maximumSubscribers: (key: GroupKey): Refusal => ({
    status: 'FAILED_PRECONDITION',
    details: `Maximum subscriptions reached for subscription group ${key.name} on stream ${key.source}.`,
    trailers: trailersOf('maximum-subscribers-reached', key),
  }),
  dropped: (key: GroupKey): Refusal => ({
    status: 'CANCELLED',
    details: `Subscription group ${key.name} on stream ${key.source} was dropped.`,
    trailers: trailersOf('persistent-subscription-dropped', key),
  }),
};

function trailersOf(exception: string, { source, name }: GroupKey): Readonly<Record<string, string>> {
  return { exception, 'stream-name': source, 'group-name': name };
}
