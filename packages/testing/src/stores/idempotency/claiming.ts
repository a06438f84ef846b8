import assert from 'node:assert/strict';
import type { Claim, ClaimVerdict, IdempotencyStore } from '@millrace/core';
import { longLease } from '../fixtures.ts';

interface ClaimSettings {
  readonly owner?: string;
  readonly lease?: number;
  readonly fingerprint?: string;
}

/** Asks for one key and answers the verdict. */
export async function ask(
  store: IdempotencyStore,
  key: string,
  settings: ClaimSettings = {},
): Promise<ClaimVerdict> {
  const { owner = 'owner', lease = longLease, fingerprint } = settings;
  const [verdict, ...others] = await store.claimMany([{ key, fingerprint }], { owner, lease });
  assert.equal(others.length, 0, 'one key asked for has one answer');
  assert.ok(verdict !== undefined, 'one key asked for has one answer');
  return verdict;
}

export interface Won extends Claim {
  readonly attempt: number;
  readonly takeover: boolean;
}

/** Asks for one key and expects to get it. */
export async function win(store: IdempotencyStore, key: string, settings: ClaimSettings = {}): Promise<Won> {
  const verdict = await ask(store, key, settings);
  assert.equal(verdict.status, 'claimed', `${settings.owner ?? 'owner'} should get the claim on ${key}`);
  const { fence, attempt, takeover } = verdict;
  return { key, owner: settings.owner ?? 'owner', fence, attempt, takeover };
}

/** A claim as the port takes it, without what `win` knows beyond it. */
export function claimOf({ key, owner, fence }: Claim): Claim {
  return { key, owner, fence };
}
