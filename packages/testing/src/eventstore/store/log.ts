import type { LogPosition, RecordedEvent } from './recorded-event.ts';
import { comparePositions } from './recorded-event.ts';

/** The log of all streams. Positions grow by the size of what is written, as they do in a file. */
export interface Log {
  readonly events: readonly RecordedEvent[];
  /** In an explicit transaction all events share the position of their commit, which stands behind them. */
  append(events: readonly Omit<RecordedEvent, 'position'>[], transaction: boolean): readonly RecordedEvent[];
  countUntil(position: LogPosition, inclusive: boolean): number;
}

/** About what a record takes besides its data. */
const overhead = 100n;

export function createLog(): Log {
  const events: RecordedEvent[] = [];
  let end = 0n;

  function take(bytes: number): bigint {
    const position = end;
    end += overhead + BigInt(bytes);
    return position;
  }

  return {
    events,
    append(proposed, transaction) {
      const prepared = proposed.map((event) => ({
        event,
        prepare: take(event.data.length + event.metadata.length),
      }));
      const committed = transaction ? take(0) : undefined;
      const recorded = prepared.map(({ event, prepare }) => ({
        ...event,
        position: { commit: committed ?? prepare, prepare },
      }));
      events.push(...recorded);
      return recorded;
    },
    countUntil(position, inclusive) {
      let low = 0;
      let high = events.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        const event = events[middle];
        const order = event ? comparePositions(event.position, position) : 1;
        if (order < 0 || (inclusive && order === 0)) low = middle + 1;
        else high = middle;
      }
      return low;
    },
  };
}
