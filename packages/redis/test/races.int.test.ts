import type { ClaimVerdict } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { needsRedis } from '../../../scripts/servers/needs-redis.ts';
import { startChild } from './support/child.ts';
import { kinds, ownPrefix, sharedUrls } from './support/kinds.ts';

const races = [
  { kind: 'redisStore', servers: 1, count: 10_000 },
  { kind: 'quorumStore', servers: 3, count: 10_000 },
  { kind: 'redlockStore', servers: 3, count: 10_000 },
];

interface Outcome {
  readonly won: readonly string[];
  readonly left: readonly string[];
}

/** Three processes claim the same keys at the same time. */
async function race({ kind, servers, count }: (typeof races)[number]): Promise<readonly Outcome[]> {
  const prefix = ownPrefix();
  const children = [1, 2, 3].map((owner) =>
    startChild('claim-contender', [kind, prefix, owner, count, ...sharedUrls(servers)]),
  );
  for (const child of children) expect(await child.nextLine()).toBe('ready');
  for (const child of children) child.tell('go');
  return await Promise.all(children.map(async (child) => JSON.parse(await child.nextLine()) as Outcome));
}

/** On a machine that is busy one may be through before the others are woken: then there was no race. */
const mostRaces = 5;

describe.each(races)('processes that race on $kind', needsRedis(), (setting) => {
  test(`win each of ${setting.count} keys once`, { timeout: 120_000 }, async () => {
    let winners = 0;
    for (let races = 0; races < mostRaces && winners < 2; races += 1) {
      const outcomes = await race(setting);
      expect(outcomes.flatMap(({ left }) => left)).toEqual([]);
      const won = outcomes.flatMap((outcome) => outcome.won);
      expect(won.filter((key, index) => won.indexOf(key) !== index)).toEqual([]);
      expect(won.length).toBe(setting.count);
      winners = outcomes.filter((outcome) => outcome.won.length > 0).length;
    }
    expect(winners).toBeGreaterThan(1);
  });
});

/** On a machine that is busy answers may come when so short a lease is about to end: then nobody owns it. */
function unlessTooLate(error: unknown): readonly ClaimVerdict[] {
  if (isMillraceError(error, 'STORE_UNAVAILABLE')) return [];
  throw error;
}

describe.each(kinds)('takeovers on $kind', needsRedis(), ({ servers, open }) => {
  test('give each owner a higher fence, and only the last one completes', async () => {
    const prefix = ownPrefix();
    const stores = [1, 2, 3].map(() => open(sharedUrls(servers), { prefix }));
    onTestFinished(async () => {
      await Promise.all(stores.map((store) => store.close()));
    });
    const claims: { readonly key: string; readonly owner: string; readonly fence: number }[] = [];
    for (let round = 0; claims.length < 8; round += 1) {
      const owner = `owner-${round}`;
      const [verdict] =
        (await stores[round % 3]?.idempotency
          .claimMany([{ key: 'k' }], { owner, lease: 40 })
          .catch(unlessTooLate)) ?? [];
      if (verdict?.status === 'claimed') claims.push({ key: 'k', owner, fence: verdict.fence });
    }
    const fences = claims.map(({ fence }) => fence);
    expect(fences).toEqual([...new Set(fences)].toSorted((a, b) => a - b));
    const completed = await stores[0]?.idempotency.completeMany(claims, { retention: 60_000 });
    expect(completed).toEqual([...claims.slice(1).map(() => false), true]);
  });
});
