import type { Wanted } from '../../../wire/stateless/requests.ts';
import type {
  DisabledSubscriber,
  Permission,
  Subscriber,
  Subscription,
  SubscriptionStore,
} from '../../ports/subscription-store.ts';
import { createTopicGlobs } from '../../topic-globs.ts';
import type { RedisBroadcasterStoreOptions } from './options.ts';
import type { Answer, Scripts } from './scripts.ts';
import { bytesOf, listOf, numberOf, optionalText, textOf } from './scripts.ts';
import * as scripts from './subscription-scripts.ts';

type Options = Pick<Required<RedisBroadcasterStoreOptions>, 'dialect' | 'maxSubscriptions'>;

/** After so many, those who change globs all the time keep nobody from being told. */
const mostTries = 5;

export function redisSubscriptions(
  { run, call }: Scripts,
  { dialect, maxSubscriptions }: Options,
): SubscriptionStore {
  const globs = createTopicGlobs(dialect);

  async function refreshGlobs(): Promise<void> {
    const [version, all] = listOf(await run(scripts.readGlobs, globs.version ?? ''));
    if (all !== undefined) globs.replace(listOf(all).map(textOf), numberOf(version));
  }

  return {
    async subscribe({ url, wanted, recovery = '' }, permission) {
      const allowed = fieldsOf(permission);
      const answer = await run(
        scripts.subscribe,
        url,
        nameOf(wanted),
        recovery,
        maxSubscriptions,
        ...allowed,
      );
      return answer === -1 ? 'full' : answer === 0 ? 'there' : 'added';
    },

    async unsubscribe(url, wanted) {
      return (await run(scripts.unsubscribe, url, nameOf(wanted))) === 1 ? 'removed' : 'absent';
    },

    async list(url) {
      const flat = listOf(await run(scripts.list, url));
      const all = flat.flatMap((name, index) =>
        index % 2 === 0 ? [subscriptionOf(url, name, flat[index + 1])] : [],
      );
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
      const names = [
        ...set.exact.flatMap(({ topic, recovery = '' }) => [nameOf({ topic }), recovery]),
        ...set.globs.flatMap(({ glob, recovery = '' }) => [nameOf({ glob }), recovery]),
      ];
      const answer = await run(scripts.replace, url, maxSubscriptions, ...fieldsOf(permission), ...names);
      return answer === -1 ? 'full' : 'replaced';
    },

    async permission(url) {
      const [origin, rate] = listOf(await run(scripts.permission, url));
      const allowed = optionalText(origin);
      return allowed === undefined ? undefined : { origin: allowed, rate: rateOf(rate) };
    },

    turn: async (url) => numberOf(await run(scripts.turn, url)),

    async match(topic, only) {
      if (globs.version === undefined) await refreshGlobs();
      for (let tries = 0; ; tries += 1) {
        const version = tries < mostTries ? (globs.version ?? '') : '';
        const names = [{ topic }, ...(await globs.matching(topic)).map((glob) => ({ glob }))].map(nameOf);
        const found = await run(scripts.match, version, only?.url ?? '', ...names);
        if (found !== null) return subscribersOf(listOf(found));
        await refreshGlobs();
      }
    },

    async disable({ url, reason, at }) {
      await run(scripts.disable, url, JSON.stringify({ reason, at }));
    },

    async enable(url) {
      return (await run(scripts.enable, url)) === 1;
    },

    async disabled() {
      const flat = listOf(await run(scripts.allDisabled)).map(textOf);
      return flat
        .flatMap((url, index) => (index % 2 === 0 ? [disabledOf(url, flat[index + 1] ?? '{}')] : []))
        .sort((one, other) => one.at - other.at);
    },

    async failing(url, at) {
      return numberOf(await run(scripts.failing, url, at));
    },

    async recovered(url) {
      await call('HDEL', 'failing', url);
    },

    async count() {
      const [topics, ofGlobs] = listOf(await call('HMGET', 'counts', 't', 'g'));
      return { exact: numberOf(topics), globs: numberOf(ofGlobs) };
    },
  };
}

function nameOf({ topic, glob }: Wanted): Buffer {
  return topic === undefined ? Buffer.from(`g${glob}`) : Buffer.concat([Buffer.from('t'), topic]);
}

function fieldsOf(permission: Permission | undefined): readonly string[] {
  return [permission?.origin ?? '', String(permission?.rate ?? '')];
}

function rateOf(answer: Answer | undefined): number | undefined {
  return Buffer.isBuffer(answer) ? numberOf(answer) : undefined;
}

function subscriptionOf(url: string, name: Answer | undefined, recovery: Answer | undefined): Subscription {
  const bytes = bytesOf(name);
  const rest = bytes.subarray(1);
  const isTopic = bytes.subarray(0, 1).toString() === 't';
  return {
    url,
    wanted: isTopic ? { topic: rest } : { glob: rest.toString() },
    recovery: optionalText(recovery),
  };
}

function subscribersOf(rows: readonly Answer[]): readonly Subscriber[] {
  const found = new Map<string, Omit<Subscriber, 'url'> & { readonly subscriptions: Subscription[] }>();
  for (const row of rows) {
    const [url, name, recovery, failing, rate] = listOf(row);
    const subscription = subscriptionOf(textOf(url), name, recovery);
    const own = found.get(subscription.url);
    if (own) own.subscriptions.push(subscription);
    else {
      const failingSince = Buffer.isBuffer(failing) ? numberOf(failing) : undefined;
      found.set(subscription.url, { failingSince, allowedRate: rateOf(rate), subscriptions: [subscription] });
    }
  }
  return [...found].map(([url, own]) => ({ url, ...own }));
}

function disabledOf(url: string, record: string): DisabledSubscriber {
  const { reason, at } = JSON.parse(record) as Omit<DisabledSubscriber, 'url'>;
  return { url, reason, at };
}
