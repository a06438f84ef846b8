import type { Clock } from '@millrace/core';
import type { GlobDialect } from '../../wire/glob/glob.ts';
import type { Wanted } from '../../wire/stateless/requests.ts';
import type {
  DisabledSubscriber,
  Permission,
  Subscriber,
  Subscription,
  SubscriptionStore,
} from '../ports/subscription-store.ts';
import { gapOf } from '../rate.ts';
import { createTopicGlobs } from '../topic-globs.ts';

export interface MemorySubscriptionsOptions {
  readonly dialect: GlobDialect;
  /** Subscriptions of all URLs together. */
  readonly most: number;
  readonly clock: Clock;
}

export function memorySubscriptions({ dialect, most, clock }: MemorySubscriptionsOptions): SubscriptionStore {
  /** By URL, then by name of what is wanted. */
  const byUrl = new Map<string, Map<string, Subscription>>();
  /** URLs by name of what they want. */
  const byName = new Map<string, Set<string>>();
  const disabled = new Map<string, DisabledSubscriber>();
  const failingSince = new Map<string, number>();
  const permissions = new Map<string, Permission>();
  /** When a URL may be called again, in monotonic milliseconds. */
  const nextCalls = new Map<string, number>();
  const globs = createTopicGlobs(dialect);
  let total = 0;

  function add(subscription: Subscription): void {
    const { url, wanted } = subscription;
    const name = nameOf(wanted);
    const own = byUrl.get(url) ?? new Map<string, Subscription>();
    if (!own.has(name)) total += 1;
    byUrl.set(url, own.set(name, subscription));
    byName.set(name, (byName.get(name) ?? new Set()).add(url));
    if (wanted.glob !== undefined) globs.add(wanted.glob);
  }

  function remove({ url, wanted }: Pick<Subscription, 'url' | 'wanted'>): boolean {
    const name = nameOf(wanted);
    const own = byUrl.get(url);
    if (!own?.delete(name)) return false;
    total -= 1;
    const urls = byName.get(name);
    urls?.delete(url);
    if (urls?.size === 0) {
      byName.delete(name);
      if (wanted.glob !== undefined) globs.delete(wanted.glob);
    }
    if (own.size === 0) {
      byUrl.delete(url);
      failingSince.delete(url);
      permissions.delete(url);
      nextCalls.delete(url);
    }
    return true;
  }

  function subscriptionsOf(url: string): readonly Subscription[] {
    return disabled.has(url) ? [] : [...(byUrl.get(url)?.values() ?? [])];
  }

  return {
    async subscribe({ url, wanted, recovery }, permission) {
      const isThere = byUrl.get(url)?.has(nameOf(wanted)) === true;
      if (!isThere && total >= most) return 'full';
      const wasDisabled = disabled.delete(url);
      if (!isThere) add({ url, wanted, recovery });
      if (permission) permissions.set(url, permission);
      return isThere && !wasDisabled ? 'there' : 'added';
    },

    async unsubscribe(url, wanted) {
      return remove({ url, wanted }) ? 'removed' : 'absent';
    },

    async list(url) {
      const all = subscriptionsOf(url);
      return {
        exact: all.flatMap(({ wanted: { topic }, recovery }) =>
          topic === undefined ? [] : [{ topic, recovery }],
        ),
        globs: all.flatMap(({ wanted: { glob }, recovery }) =>
          glob === undefined ? [] : [{ glob, recovery }],
        ),
      };
    },

    async replace(url, set, permission) {
      const wanted = [
        ...set.exact.map(({ topic, recovery }) => ({ url, wanted: { topic }, recovery })),
        ...set.globs.map(({ glob, recovery }) => ({ url, wanted: { glob }, recovery })),
      ];
      const before = byUrl.get(url) ?? new Map<string, Subscription>();
      if (total - before.size + wanted.length > most) return 'full';
      const names = new Set(wanted.map((it) => nameOf(it.wanted)));
      for (const subscription of before.values()) {
        if (!names.has(nameOf(subscription.wanted))) remove(subscription);
      }
      wanted.forEach(add);
      if (permission && wanted.length > 0) permissions.set(url, permission);
      disabled.delete(url);
      return 'replaced';
    },

    async match(topic, only) {
      const names = [nameOf({ topic }), ...(await globs.matching(topic)).map((glob) => nameOf({ glob }))];
      const found = new Map<string, Subscription[]>();
      for (const name of names) {
        for (const url of byName.get(name) ?? []) {
          const subscription = byUrl.get(url)?.get(name);
          if (!subscription || disabled.has(url) || (only && only.url !== url)) continue;
          const own = found.get(url);
          if (own) own.push(subscription);
          else found.set(url, [subscription]);
        }
      }
      return [...found].map(([url, subscriptions]): Subscriber => ({
        url,
        subscriptions,
        failingSince: failingSince.get(url),
        allowedRate: permissions.get(url)?.rate,
      }));
    },

    async permission(url) {
      return permissions.get(url);
    },

    async turn(url) {
      const rate = permissions.get(url)?.rate;
      if (rate === undefined) return 0;
      const now = clock.monotonic();
      const next = nextCalls.get(url) ?? now;
      // One further away than that is of a lower rate, which holds no more.
      if (next > now && next <= now + gapOf(rate)) return next - now;
      nextCalls.set(url, now + gapOf(rate));
      return 0;
    },

    async disable(subscriber) {
      if (byUrl.has(subscriber.url)) disabled.set(subscriber.url, subscriber);
    },

    async enable(url) {
      failingSince.delete(url);
      return disabled.delete(url);
    },

    async disabled() {
      return [...disabled.values()];
    },

    async failing(url, at) {
      const since = failingSince.get(url) ?? at;
      if (byUrl.has(url)) failingSince.set(url, since);
      return since;
    },

    async recovered(url) {
      failingSince.delete(url);
    },

    async count() {
      const all = [...byUrl.values()].flatMap((own) => [...own.keys()]);
      const exact = all.filter((name) => name.startsWith('t')).length;
      return { exact, globs: all.length - exact };
    },
  };
}

/** Topics are bytes, and a `Map` compares texts. */
function nameOf({ topic, glob }: Wanted): string {
  return topic === undefined ? `g${glob}` : `t${Buffer.from(topic).toString('latin1')}`;
}
