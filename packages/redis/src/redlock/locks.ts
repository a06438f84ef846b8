// oxlint-disable-next-line typescript/triple-slash-reference -- an ambient module is no module to import, and packages that read this one from source need it too.
/// <reference path="./redlock.d.ts" />
import type { Claim } from '@millrace/core';
import type { Lock } from 'redlock';
import Redlock, { ExecutionError, ResourceLockedError } from 'redlock';
import type { Node } from '../connection/node.ts';
import { nodeError } from '../errors.ts';
import type { Undecided } from '../voting.ts';
import { majorityOf } from '../voting.ts';

/** `taken`: somebody has it, or several want it in the same instant. An `Undecided`: too few nodes answered. */
export type LockAnswer = Lock | 'taken' | Undecided;

export interface Locks {
  acquire(name: string, lease: number): Promise<LockAnswer>;
  /** Remembers the lock of a claim that was won. */
  keep(claim: Claim, lock: Lock): void;
  extend(claim: Claim, lease: number): Promise<void>;
  /** Gives up the lock of a claim that is over. */
  drop(claim: Claim): Promise<void>;
  giveBack(lock: Lock): Promise<void>;
}

/**
 * Redlock with one try and no waiting. Its known faults need a second try to bite: a lock got after waiting has a
 * validity that was counted from the first try, and retries block themselves (mike-marcacci/node-redlock#369).
 * A lock that can't be extended or released runs out; the record behind it decides who the owner is.
 */
export function createLocks(nodes: readonly Node[]): Locks {
  const redlock = new Redlock(
    nodes.map(({ client }) => client),
    { retryCount: 0 },
  );
  const held = new Map<string, Lock>();
  const nameOf = ({ key, owner, fence }: Claim) => JSON.stringify([key, owner, fence]);

  function keep(claim: Claim, lock: Lock): void {
    dropExpired(held);
    const name = nameOf(claim);
    // The one that was kept last is the last to be looked at when the expired ones are dropped.
    held.delete(name);
    held.set(name, lock);
  }

  return {
    keep,

    async acquire(name, lease) {
      await Promise.all(nodes.map(({ connected }) => connected));
      try {
        return await redlock.acquire([name], lease);
      } catch (error) {
        const refusals = await refusalsOf(error);
        const failed = refusals.filter((refusal) => !(refusal instanceof ResourceLockedError));
        return nodes.length - failed.length >= majorityOf(nodes)
          ? 'taken'
          : failed.map((refusal) => nodeError('Redis', refusal));
      }
    },

    async extend(claim, lease) {
      const lock = held.get(nameOf(claim));
      const extended = await lock?.extend(lease).catch(() => undefined);
      if (extended) keep(claim, extended);
    },

    async drop(claim) {
      const lock = held.get(nameOf(claim));
      held.delete(nameOf(claim));
      if (lock) await giveBack(lock);
    },

    giveBack,
  };
}

/** One that can't be released runs out. */
async function giveBack(lock: Lock): Promise<void> {
  await lock.release().catch(() => undefined);
}

async function refusalsOf(failure: unknown): Promise<readonly Error[]> {
  if (!(failure instanceof ExecutionError)) throw failure;
  const stats = await Promise.all(failure.attempts);
  return stats.flatMap(({ votesAgainst }) => [...votesAgainst.values()]);
}

/** Those of runs that never ended. Looks at the oldest only, so that it costs nothing. */
function dropExpired(held: Map<string, Lock>): void {
  for (const [name, { expiration }] of held) {
    if (expiration > Date.now()) return;
    held.delete(name);
  }
}
