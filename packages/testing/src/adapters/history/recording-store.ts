import type {
  DeadLetterStore,
  IdempotencyStore,
  Ownership,
  Position,
  ReplayStorage,
  Store,
} from '@millrace/core';
import type { History } from './history.ts';
import { eventNameOf } from './recording-source.ts';

export interface RecordingStoreOptions {
  readonly history: History;
  readonly consumer: string;
  readonly group: string;
  /** Aborts when the process is to have died: nothing reaches the stores any more. */
  readonly dead: AbortSignal;
}

/** Writes down what is parked and marked. */
export function recordingStore(store: Store, options: RecordingStoreOptions): Store {
  const { history, consumer, group, dead } = options;
  const alive = async <T>(call: () => Promise<T>): Promise<T> => {
    if (dead.aborted) throw new Error('The process has died.');
    return await call();
  };
  const { idempotency, deadLetters, replay, ownership } = store;

  const mortalIdempotency: IdempotencyStore = {
    claimMany: (requests, claim) => alive(() => idempotency.claimMany(requests, claim)),
    completeMany: (claims, completion) => alive(() => idempotency.completeMany(claims, completion)),
    extendMany: (claims, extension) => alive(() => idempotency.extendMany(claims, extension)),
    releaseMany: (releases) => alive(() => idempotency.releaseMany(releases)),
  };
  const recordingDeadLetters: DeadLetterStore = {
    ...deadLetters,
    putMany: (letters) =>
      alive(async () => {
        await deadLetters.putMany(letters);
        for (const { message, reason } of letters)
          history.add({ kind: 'parked', consumer, group, event: eventNameOf(message), reason });
      }),
  };
  const recordingReplay: ReplayStorage = {
    load: (key) => alive(() => replay.load(key)),
    save: (key, marker) =>
      alive(async () => {
        const saved = await replay.save(key, marker);
        if (saved) history.add({ kind: 'marked', consumer, group, ...placeOf(marker.position) });
        return saved;
      }),
  };
  const mortalOwnership: Ownership = {
    acquire: (name, wish) => alive(() => ownership.acquire(name, wish)),
    extend: (lease, wish) => alive(() => ownership.extend(lease, wish)),
    release: (lease) => alive(() => ownership.release(lease)),
  };
  return {
    idempotency: mortalIdempotency,
    deadLetters: recordingDeadLetters,
    replay: recordingReplay,
    ownership: mortalOwnership,
  };

  /** The storage is told a key and a position; whose they are shows in what was delivered. */
  function placeOf(position: Position): {
    readonly session: number;
    readonly channel: string;
    readonly position: Position;
  } {
    for (const entry of history.entries.toReversed()) {
      if (entry.kind !== 'delivered' && entry.kind !== 'passed') continue;
      if (entry.consumer !== consumer || entry.position !== position) continue;
      return { session: entry.session, channel: entry.channel, position };
    }
    return { session: 0, channel: 'unknown', position };
  }
}
