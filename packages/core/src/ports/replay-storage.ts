import type { Position } from '../message.ts';
import { toPosition } from '../message.ts';

/** The newest position at or below which everything delivered is settled. */
export interface ReplayMarker {
  readonly position: Position;
  /** Of the owner that writes; a marker with a higher fence is never overwritten by a lower one. */
  readonly fence: number;
}

export interface ReplayStorage {
  load(key: string): Promise<ReplayMarker | undefined>;
  /** False: a newer owner has written, nothing was changed. */
  save(key: string, marker: ReplayMarker): Promise<boolean>;
}

/** A `Map`, or anything with its `get` and `set`, asynchronous ones included. Keeps positions only, so no fencing. */
export interface MapLike {
  get(key: string): string | undefined | null | Promise<string | undefined | null>;
  set(key: string, position: string): unknown;
}

export function replayStorageFromMap(map: MapLike): ReplayStorage {
  return {
    async load(key) {
      const position = await map.get(key);
      return position === undefined || position === null
        ? undefined
        : { position: toPosition(position), fence: 0 };
    },
    async save(key, { position }) {
      await map.set(key, position);
      return true;
    },
  };
}
