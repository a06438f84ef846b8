import type { LogPosition, ResolvedEvent } from '../client.ts';
import type { Direction } from './read-client.ts';

/** A stretch of a stream. */
export interface StreamSlice {
  /** In the order read. A resolved link whose event was deleted has no `event`. */
  readonly events: readonly ResolvedEvent[];
  /** Where the next slice starts; undefined when there was no more. */
  readonly next: bigint | undefined;
}

/** A stretch of the whole log. */
export interface AllSlice {
  readonly events: readonly ResolvedEvent[];
  /** After which event the next slice goes on; undefined when there was no more. */
  readonly next: LogPosition | undefined;
}

export function toStreamSlice(
  events: readonly ResolvedEvent[],
  { direction, count }: { readonly direction: Direction; readonly count: number },
): StreamSlice {
  const last = revisionOf(events.at(-1));
  if (last === undefined || events.length < count) return { events, next: undefined };
  if (direction === 'forwards') return { events, next: last + 1n };
  return { events, next: last === 0n ? undefined : last - 1n };
}

/** How many to ask for: a server may answer with the event itself after which to go on. */
export function countAfter(after: LogPosition | undefined, count: number): number {
  return after === undefined ? count : count + 1;
}

export function toAllSlice(
  read: readonly ResolvedEvent[],
  { after, count }: { readonly after: LogPosition | undefined; readonly count: number },
): AllSlice {
  const [first] = read;
  const known = after !== undefined && first !== undefined && isAt(first, after);
  const events = read.slice(known ? 1 : 0, known ? count + 1 : count);
  const last = events.at(-1);
  return { events, next: events.length < count || last === undefined ? undefined : positionOf(last) };
}

/** Of the record that stands in the stream read: the link, where there is one. */
export function revisionOf(resolved: ResolvedEvent | undefined): bigint | undefined {
  return (resolved?.link ?? resolved?.event)?.revision;
}

function positionOf({ link, event, commitPosition }: ResolvedEvent): LogPosition | undefined {
  const position = (link ?? event)?.position;
  if (position) return position;
  return commitPosition === undefined ? undefined : { commit: commitPosition, prepare: commitPosition };
}

function isAt(resolved: ResolvedEvent, { commit, prepare }: LogPosition): boolean {
  const position = positionOf(resolved);
  return position?.commit === commit && position.prepare === prepare;
}
