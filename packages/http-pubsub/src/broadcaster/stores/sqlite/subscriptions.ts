import type { SqliteConnection } from '@millrace/core/sqlite';
import type { Wanted } from '../../../wire/stateless/requests.ts';
import type {
  Permission,
  Subscriber,
  Subscription,
  SubscriptionStore,
} from '../../ports/subscription-store.ts';
import { gapOf } from '../../rate.ts';
import { createTopicGlobs } from '../../topic-globs.ts';
import type { Columns } from './messages.ts';
import { bytesOf, textOf } from './messages.ts';
import type { SqliteBroadcasterStoreOptions } from './options.ts';

type Options = Pick<Required<SqliteBroadcasterStoreOptions>, 'dialect' | 'maxSubscriptions' | 'clock'>;

export function sqliteSubscriptions(
  { database, read, write }: SqliteConnection,
  { dialect, maxSubscriptions, clock }: Options,
): SubscriptionStore {
  const state = database.prepare('SELECT subscriptions, globs_version FROM millrace_pubsub_state');
  const allGlobs = database.prepare(
    "SELECT DISTINCT name FROM millrace_pubsub_subscriptions WHERE kind = 'glob'",
  );
  const find = database.prepare(
    'SELECT 1 FROM millrace_pubsub_subscriptions WHERE url = ? AND kind = ? AND name = ?',
  );
  const insert = database.prepare(
    `INSERT INTO millrace_pubsub_subscriptions VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET recovery = excluded.recovery`,
  );
  const remove = database.prepare(
    'DELETE FROM millrace_pubsub_subscriptions WHERE url = ? AND kind = ? AND name = ?',
  );
  const ofUrl = database.prepare('SELECT * FROM millrace_pubsub_subscriptions WHERE url = ?');
  const byName = database.prepare(
    `SELECT s.*, u.failing_since, u.allowed_rate FROM millrace_pubsub_subscriptions AS s LEFT JOIN millrace_pubsub_urls AS u USING (url)
      WHERE s.kind = :kind AND s.name = :name AND u.disabled_at IS NULL AND s.url = coalesce(:only, s.url)`,
  );
  const countKinds = database.prepare(
    'SELECT kind, count(*) AS count FROM millrace_pubsub_subscriptions GROUP BY kind',
  );
  const isUrlDisabled = database.prepare(
    'SELECT 1 FROM millrace_pubsub_urls WHERE url = ? AND disabled_at IS NOT NULL',
  );
  const enableUrl = database.prepare(
    'UPDATE millrace_pubsub_urls SET disabled_at = NULL WHERE url = ? AND disabled_at IS NOT NULL',
  );
  const failingSince = database.prepare('SELECT failing_since FROM millrace_pubsub_urls WHERE url = ?');
  const setFailing = database.prepare(
    `INSERT INTO millrace_pubsub_urls (url, failing_since) VALUES (:url, :at)
       ON CONFLICT DO UPDATE SET failing_since = coalesce(failing_since, :at)`,
  );
  const wellAgain = database.prepare('UPDATE millrace_pubsub_urls SET failing_since = NULL WHERE url = ?');
  const disableUrl = database.prepare(
    `INSERT INTO millrace_pubsub_urls (url, disabled_at, disabled_reason) VALUES (:url, :at, :reason)
       ON CONFLICT DO UPDATE SET disabled_at = :at, disabled_reason = :reason`,
  );
  const allDisabled = database.prepare(
    'SELECT url, disabled_reason, disabled_at FROM millrace_pubsub_urls WHERE disabled_at IS NOT NULL ORDER BY disabled_at',
  );
  const permit = database.prepare(
    `INSERT INTO millrace_pubsub_urls (url, allowed_origin, allowed_rate) VALUES (:url, :origin, :rate)
       ON CONFLICT DO UPDATE SET allowed_origin = :origin, allowed_rate = :rate`,
  );
  const permitted = database.prepare(
    'SELECT allowed_origin, allowed_rate, next_call FROM millrace_pubsub_urls WHERE url = ?',
  );
  const setNextCall = database.prepare('UPDATE millrace_pubsub_urls SET next_call = :next WHERE url = :url');
  /** Of a URL that is gone, or of which there is nothing to say. */
  const forgetUrl = database.prepare(
    `DELETE FROM millrace_pubsub_urls WHERE url = :url AND (
       (failing_since IS NULL AND disabled_at IS NULL AND allowed_origin IS NULL)
       OR NOT EXISTS (SELECT 1 FROM millrace_pubsub_subscriptions WHERE url = :url))`,
  );

  const globs = createTopicGlobs(dialect);
  const globsVersion = () => Number(state.get()?.['globs_version']);
  const total = () => Number(state.get()?.['subscriptions']);
  const has = (url: string, wanted: Wanted) => find.get(url, ...nameOf(wanted)) !== undefined;

  function enable(url: string): boolean {
    const wasDisabled = enableUrl.run(url).changes > 0;
    forgetUrl.run({ url });
    return wasDisabled;
  }

  function keep(url: string, permission: Permission | undefined): void {
    if (permission) permit.run({ url, origin: permission.origin, rate: permission.rate ?? null });
  }

  async function namesFor(topic: Uint8Array): Promise<readonly Wanted[]> {
    await read(() => {
      const version = globsVersion();
      if (globs.version === version) return;
      globs.replace(
        allGlobs.all().map(({ name }) => bytesOf(name).toString()),
        version,
      );
    });
    return [{ topic }, ...(await globs.matching(topic)).map((glob) => ({ glob }))];
  }

  return {
    subscribe: ({ url, wanted, recovery }, permission) =>
      write(() => {
        const isThere = has(url, wanted);
        if (!isThere && total() >= maxSubscriptions) return 'full';
        const wasDisabled = enable(url);
        if (!isThere) insert.run(url, ...nameOf(wanted), recovery ?? null);
        keep(url, permission);
        return isThere && !wasDisabled ? 'there' : 'added';
      }),

    unsubscribe: (url, wanted) =>
      write(() => {
        const isRemoved = remove.run(url, ...nameOf(wanted)).changes > 0;
        if (isRemoved) forgetUrl.run({ url });
        return isRemoved ? 'removed' : 'absent';
      }),

    list: (url) =>
      read(() => {
        const rows = isUrlDisabled.get(url) === undefined ? ofUrl.all(url).map(subscriptionOf) : [];
        return {
          exact: rows.flatMap(({ wanted: { topic }, recovery }) =>
            topic === undefined ? [] : [{ topic, recovery }],
          ),
          globs: rows.flatMap(({ wanted: { glob }, recovery }) =>
            glob === undefined ? [] : [{ glob, recovery }],
          ),
        };
      }),

    replace: (url, { exact, globs: wantedGlobs }, permission) =>
      write(() => {
        const wanted = [
          ...exact.map(({ topic, recovery }) => ({ wanted: { topic }, recovery })),
          ...wantedGlobs.map(({ glob, recovery }) => ({ wanted: { glob }, recovery })),
        ];
        const before = ofUrl.all(url).map(subscriptionOf);
        if (total() - before.length + wanted.length > maxSubscriptions) return 'full';
        const kept = new Set(wanted.map((it) => textKey(it.wanted)));
        for (const it of before) if (!kept.has(textKey(it.wanted))) remove.run(url, ...nameOf(it.wanted));
        for (const it of wanted) insert.run(url, ...nameOf(it.wanted), it.recovery ?? null);
        if (wanted.length > 0) keep(url, permission);
        enable(url);
        return 'replaced';
      }),

    permission: (url) =>
      read(() => {
        const row = permitted.get(url);
        const origin = textOf(row?.['allowed_origin'] ?? null);
        return origin === undefined ? undefined : { origin, rate: rateOf(row?.['allowed_rate']) };
      }),

    turn: (url) =>
      write(() => {
        const row = permitted.get(url);
        const rate = rateOf(row?.['allowed_rate']);
        if (rate === undefined) return 0;
        const now = Math.ceil(clock.now());
        const next = Number(row?.['next_call'] ?? 0);
        // One further away than that was set before the clock went back.
        if (next > now && next <= now + gapOf(rate)) return next - now;
        setNextCall.run({ url, next: now + gapOf(rate) });
        return 0;
      }),

    async match(topic, only) {
      for (let tries = 0; ; tries += 1) {
        const names = await namesFor(topic);
        const version = globs.version;
        const found = await read(() => {
          // What was matched may be another set of globs than there is by now.
          if (globsVersion() !== version && tries < mostTries) return undefined;
          return names.flatMap((name) => {
            const [kind, bytes] = nameOf(name);
            return byName.all({ kind, name: bytes, only: only?.url ?? null });
          });
        });
        if (found) return subscribersOf(found);
      }
    },

    disable: ({ url, reason, at }) =>
      write(() => {
        if (ofUrl.get(url)) disableUrl.run({ url, at: Math.round(at), reason });
      }),

    enable: (url) =>
      write(() => {
        wellAgain.run(url);
        return enable(url);
      }),

    disabled: () =>
      read(() =>
        allDisabled.all().map(({ url, disabled_reason: reason, disabled_at: at }) => ({
          url: String(url),
          reason: String(reason),
          at: Number(at),
        })),
      ),

    failing: (url, at) =>
      write(() => {
        if (ofUrl.get(url)) setFailing.run({ url, at: Math.round(at) });
        return Number(failingSince.get(url)?.['failing_since'] ?? at);
      }),

    recovered: (url) =>
      write(() => {
        wellAgain.run(url);
        forgetUrl.run({ url });
      }),

    count: () =>
      read(() => {
        const counts = new Map(countKinds.all().map(({ kind, count }) => [kind, Number(count)]));
        return { exact: counts.get('topic') ?? 0, globs: counts.get('glob') ?? 0 };
      }),
  };
}

/** After so many, those who change globs all the time keep nobody from being told. */
const mostTries = 5;

function nameOf({ topic, glob }: Wanted): readonly ['topic' | 'glob', Uint8Array] {
  return topic === undefined ? ['glob', Buffer.from(glob)] : ['topic', topic];
}

function textKey(wanted: Wanted): string {
  const [kind, bytes] = nameOf(wanted);
  return `${kind} ${Buffer.from(bytes).toString('latin1')}`;
}

function rateOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function subscriptionOf(row: Columns): Subscription {
  const name = bytesOf(row['name']);
  return {
    url: String(row['url']),
    wanted: row['kind'] === 'glob' ? { glob: name.toString() } : { topic: name },
    recovery: textOf(row['recovery']),
  };
}

function subscribersOf(rows: readonly Columns[]): readonly Subscriber[] {
  const found = new Map<string, Omit<Subscriber, 'url'> & { readonly subscriptions: Subscription[] }>();
  for (const row of rows) {
    const since = row['failing_since'];
    const subscription = subscriptionOf(row);
    const own = found.get(subscription.url);
    if (own) own.subscriptions.push(subscription);
    else {
      const failingSince = typeof since === 'number' ? since : undefined;
      const allowedRate = rateOf(row['allowed_rate']);
      found.set(subscription.url, { failingSince, allowedRate, subscriptions: [subscription] });
    }
  }
  return [...found].map(([url, own]) => ({ url, ...own }));
}
