import type { Position, StartPosition } from '@millrace/core';
import { toPosition } from '@millrace/core';
import type { StoredEvent } from './event.ts';

/** Events in order, the oldest of which may be forgotten. Offsets count from the first event ever. */
export interface LogChannel {
  readonly name: string;
  /** The offset that the next event gets. */
  readonly end: number;
  append(event: StoredEvent): void;
  read(from: number, max: number): readonly StoredEvent[];
  positionOf(offset: number): Position;
  /** Where to go on reading; undefined when it is no longer kept, or never was. */
  offsetOf(start: StartPosition): number | undefined;
}

export function createLogChannel(name: string, retention: number): LogChannel {
  const events: StoredEvent[] = [];
  /** Offset of the oldest event that is kept. */
  let first = 0;
  const end = () => first + events.length;

  return {
    name,
    get end() {
      return end();
    },
    append(event) {
      events.push(event);
      if (events.length > retention) {
        events.shift();
        first += 1;
      }
    },
    read: (from, max) => events.slice(Math.max(0, from - first), Math.max(0, from - first) + max),
    // Not a number that one could compare or count with: positions are opaque.
    positionOf: (offset) => toPosition(`${name}@${offset.toString(36)}`),
    offsetOf(start) {
      if (start === 'earliest') return first;
      if (start === 'latest') return end();
      if ('at' in start) {
        const at = events.findIndex(({ publishedAt }) => publishedAt >= start.at.getTime());
        return at === -1 ? end() : first + at;
      }
      const [channel, digits = ''] = start.after.split('@');
      const offset = Number.parseInt(digits, 36) + 1;
      return channel === name && offset >= first && offset <= end() ? offset : undefined;
    },
  };
}
