import type { Capabilities } from '@millrace/core';
import type { HistoryEntry } from './history.ts';
import { findDuplicates } from './duplicates.ts';
import { findLeaks, findOverfull } from './bounds.ts';
import { findEarlyMarkers } from './early-markers.ts';
import { findLost } from './losses.ts';
import { findReordered } from './reordering.ts';

/** What can be wrong with a history. */
export type FindingWord = 'lost' | 'duplicated' | 'reordered' | 'early marker' | 'leaked' | 'unsettled';

export interface Finding {
  readonly word: FindingWord;
  readonly sentence: string;
  /** Names of the events it is about. */
  readonly events: readonly string[];
}

export interface HistoryFacts {
  readonly capabilities: Capabilities;
  /** What the broker holds at the end, unsettled. Undefined where it can't be told. */
  readonly remaining: number | undefined;
}

/**
 * Holds a history against what is promised, as far as a history tells: nothing accepted is lost (I1), nothing comes
 * twice but around a fault (I2), nor takes effect twice (I3), keys keep their order where that is claimed (I4), markers
 * stay behind what is unsettled (I5), no more is inside than there was room for (I6), all is settled in the end (I8),
 * nothing is given up on by a drain (I9, as a loss), nothing is left behind (I11).
 */
export function checkHistory(entries: readonly HistoryEntry[], facts: HistoryFacts): readonly Finding[] {
  const { order, position } = facts.capabilities;
  return [
    ...findLost(entries, facts),
    ...findDuplicates(entries, facts.capabilities),
    ...(order === 'none' ? [] : findReordered(entries, order)),
    ...(position === 'none' ? [] : findEarlyMarkers(entries)),
    ...findOverfull(entries, facts.capabilities),
    ...findLeaks(entries),
  ];
}
