import type { Claim, ClaimVerdict, IdempotencyStore } from '@millrace/core';
import { memoryStore } from '@millrace/core';
import type { ManualClock } from '@millrace/testing';

type BrokenStore = (sound: IdempotencyStore) => IdempotencyStore;

/** Each has one fault that real stores were seen to have, and is sound otherwise. */
export const brokenIdempotencyStores = {
  /** Looks first and writes later, and somebody else does the same in between. */
  letsTwoWin(sound) {
    const free = async (key: string) => {
      const [verdict] = await sound.claimMany([{ key }], { owner: 'probe', lease: 1 });
      if (verdict?.status !== 'claimed') return false;
      await sound.releaseMany([{ key, owner: 'probe', fence: verdict.fence, counted: false }]);
      return true;
    };
    return {
      ...sound,
      async claimMany(requests, options) {
        const wasFree = await Promise.all(requests.map(({ key }) => free(key)));
        await Promise.resolve();
        const verdicts = await sound.claimMany(requests, options);
        return verdicts.map((verdict, index): ClaimVerdict =>
          verdict.status === 'busy' && wasFree[index] === true
            ? { status: 'claimed', fence: 1, attempt: 1, takeover: false }
            : verdict,
        );
      },
    };
  },

  /** The completed record has lost its fingerprint, and the comparison treats that as a difference. */
  dropsTheFingerprint(sound) {
    const completed = new Set<string>();
    return {
      ...sound,
      async claimMany(requests, options) {
        const verdicts = await sound.claimMany(requests, options);
        return verdicts.map((verdict, index): ClaimVerdict => {
          const request = requests[index];
          const compared = request?.fingerprint !== undefined && completed.has(request.key);
          return verdict.status === 'done' && compared ? { status: 'mismatch' } : verdict;
        });
      },
      async completeMany(claims, options) {
        for (const { key } of claims) completed.add(key);
        return sound.completeMany(claims, options);
      },
    };
  },

  ignoresFingerprints: (sound) => ({
    ...sound,
    claimMany: (requests, options) =>
      sound.claimMany(
        requests.map(({ key }) => ({ key })),
        options,
      ),
  }),

  /** Deletes by key when a run fails, whoever holds it. */
  letsAStaleOwnerRelease(sound) {
    const current = remembering(sound);
    return {
      ...current.store,
      releaseMany: (releases) =>
        sound.releaseMany(releases.map(({ counted, ...claim }) => ({ ...current.holder(claim), counted }))),
    };
  },

  letsAStaleOwnerExtend(sound) {
    const current = remembering(sound);
    return {
      ...current.store,
      extendMany: (claims, options) => sound.extendMany(claims.map(current.holder), options),
    };
  },

  letsAStaleOwnerComplete(sound) {
    const current = remembering(sound);
    return {
      ...current.store,
      completeMany: (claims, options) => sound.completeMany(claims.map(current.holder), options),
    };
  },

  /** Is a lock and nothing more: after the work, the key is free. */
  forgetsDone: (sound) => ({
    ...sound,
    async completeMany(claims) {
      return sound.releaseMany(claims.map((claim) => ({ ...claim, counted: true })));
    },
  }),

  /** An orphaned claim stays for ever. */
  neverTakesOver: (sound) => ({
    ...sound,
    claimMany: (requests, options) => sound.claimMany(requests, { ...options, lease: 1e9 }),
  }),

  startsFencesAnew: (sound) => ({
    ...sound,
    async claimMany(requests, options) {
      const verdicts = await sound.claimMany(requests, options);
      return verdicts.map((verdict) => (verdict.status === 'claimed' ? { ...verdict, fence: 1 } : verdict));
    },
  }),

  countsEveryRelease: (sound) => ({
    ...sound,
    releaseMany: (releases) => sound.releaseMany(releases.map((release) => ({ ...release, counted: true }))),
  }),

  answersOutOfOrder: (sound) => ({
    ...sound,
    claimMany: async (requests, options) => (await sound.claimMany(requests, options)).toReversed(),
  }),

  foldsTheCaseOfKeys: (sound) => ({
    ...sound,
    claimMany: (requests, options) =>
      sound.claimMany(
        requests.map((request) => ({ ...request, key: request.key.toLowerCase() })),
        options,
      ),
  }),
} satisfies Readonly<Record<string, BrokenStore>>;

export type BrokenIdempotencyStoreName = keyof typeof brokenIdempotencyStores;

export function brokenIdempotencyStore(
  name: BrokenIdempotencyStoreName,
  clock: ManualClock,
): IdempotencyStore {
  return brokenIdempotencyStores[name](memoryStore({ clock }).idempotency);
}

/** Knows who was the last to get a key. */
function remembering(sound: IdempotencyStore) {
  const claims = new Map<string, Claim>();
  const store: IdempotencyStore = {
    ...sound,
    async claimMany(requests, options) {
      const verdicts = await sound.claimMany(requests, options);
      for (const [index, { key }] of requests.entries()) {
        const verdict = verdicts[index];
        if (verdict?.status === 'claimed')
          claims.set(key, { key, owner: options.owner, fence: verdict.fence });
      }
      return verdicts;
    },
  };
  return { store, holder: (claim: Claim): Claim => claims.get(claim.key) ?? claim };
}
