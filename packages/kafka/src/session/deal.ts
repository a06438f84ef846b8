import type { KafkaRecord } from '../client/port.ts';
import type { Lot } from './lot.ts';
import { buffered, draw } from './lot.ts';

/** What of a lot goes to core next. */
export interface Hand {
  readonly lot: Lot;
  readonly records: readonly KafkaRecord[];
}

/**
 * Divides free places of core among the lots. Who has least in core comes first, so one whose handlers are slow, or that
 * brings much, can't keep the others out; and as long as others have nothing to bring, it leaves a place free for each of
 * them, up to half of all. `turn` rotates who is first among equals.
 */
export function deal(lots: readonly Lot[], places: number, turn: number): readonly Hand[] {
  const waiting = lots.filter((lot) => lot.state === 'reading' && buffered(lot) > 0);
  if (waiting.length === 0 || places === 0) return [];
  const keepFree = placesToKeepFree(lots, places);
  let left = places;
  const counts = new Map<Lot, number>();
  const rotated = waiting.map((_, index) => waiting[(index + turn) % waiting.length] as Lot);
  while (left > 0) {
    const lot = leastInCore(rotated, counts);
    if (lot === undefined) break;
    const [count, held] = [counts.get(lot) ?? 0, lot.inCore];
    if (left <= keepFree && count + held > 0) break;
    counts.set(lot, count + 1);
    left -= 1;
  }
  return [...counts].map(([lot, count]) => ({ lot, records: draw(lot, count) }));
}

function leastInCore(lots: readonly Lot[], counts: ReadonlyMap<Lot, number>): Lot | undefined {
  let least: Lot | undefined;
  let leastHeld = Infinity;
  for (const lot of lots) {
    const count = counts.get(lot) ?? 0;
    if (count === buffered(lot) || lot.inCore + count >= leastHeld) continue;
    least = lot;
    leastHeld = lot.inCore + count;
  }
  return least;
}

function placesToKeepFree(lots: readonly Lot[], places: number): number {
  const all = lots.reduce((sum, { inCore }) => sum + inCore, places);
  const idle = lots.filter((lot) => lot.inCore === 0 && buffered(lot) === 0);
  return Math.min(idle.length, Math.floor(all / 2));
}
