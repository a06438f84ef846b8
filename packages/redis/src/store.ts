import type { Check, IdempotencyStore, Store } from '@millrace/core';
import type { Node } from './connection/node.ts';
import type { Keys } from './keys.ts';
import type { Settings } from './options.ts';
import type { Records } from './records/records.ts';
import { createRecords } from './records/records.ts';
import { deadLettersBy } from './stores/dead-letters.ts';
import { ownershipBy } from './stores/ownership.ts';
import type { Pause } from './stores/pause.ts';
import { randomPause } from './stores/pause.ts';
import { replayBy } from './stores/replay.ts';
import { checkNodes, logWarnings } from './verify.ts';

export interface RedisStore extends Store, AsyncDisposable {
  /**
   * Whether each server is set up so that nothing is lost: reachable, no eviction, persistence, and independent of the
   * others. Never rejects: what can't be found out is a check that failed, with what to do about it.
   */
  verify(): Promise<readonly Check[]>;
  /** Closes the connections that the store made. Calls made later reject with STORE_UNAVAILABLE. Works twice. */
  close(): Promise<void>;
}

/** How a store decides who handles what, given the records that remember it. */
export type IdempotencyBy = (records: Records, pause: Pause) => IdempotencyStore;

/** A store on one node, or on a majority of several. */
export function storeOn(
  nodes: readonly Node[],
  keys: Keys,
  { clock, random, abandonedRetention, log }: Settings,
  idempotencyBy: IdempotencyBy,
): RedisStore {
  const pause = randomPause(clock, random);
  const claims = createRecords({ nodes, clock, toKey: keys.claim, abandonedRetention, again: false });
  const owners = createRecords({ nodes, clock, toKey: keys.owner, abandonedRetention: 0, again: true });
  const close = async () => nodes.forEach((node) => node.close());
  if (log) void checkNodes(nodes).then((checks) => logWarnings(checks, log));

  return {
    idempotency: idempotencyBy(claims, pause),
    replay: replayBy(nodes, clock, keys.marker),
    deadLetters: deadLettersBy(nodes, keys),
    ownership: ownershipBy(owners, pause),
    verify: () => checkNodes(nodes),
    close,
    [Symbol.asyncDispose]: close,
  };
}
