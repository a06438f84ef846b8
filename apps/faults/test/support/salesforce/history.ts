import type { Audit } from '../audit.ts';
import { audit, nothingWrong } from '../audit.ts';

export interface PublishedEvent {
  readonly id: string;
  readonly channel: string;
  readonly replayId: string;
}

/** What was seen from outside: none of it is asked of Millrace. */
export interface History {
  /** In the order in which they were published. */
  readonly published: readonly PublishedEvent[];
  /** Ids, one for each effect, in the order in which they were committed. */
  readonly effects: readonly string[];
  /** Positions by channel, as they are stored: `b:<replay id>`. */
  readonly markers: ReadonlyMap<string, string>;
  readonly deadLettered: readonly string[];
}

export interface Findings extends Audit {
  /** Took effect for the first time after an event that stands behind them in their channel. */
  readonly reordered: readonly string[];
  /** At or below the marker of their channel, and without an effect: nobody would read them again. */
  readonly passedOver: readonly string[];
  /** Effects of events that nobody has published. */
  readonly invented: readonly string[];
  /** Markers at a place where the channel has no event. */
  readonly misplaced: readonly string[];
}

export const nothingFound: Findings = {
  ...nothingWrong,
  reordered: [],
  passedOver: [],
  invented: [],
  misplaced: [],
};

/** `unsettled` counts the events behind the markers, which a restart would read again. */
export function examine({ published, effects, markers, deadLettered }: History): Findings {
  const ids = published.map(({ id }) => id);
  const known = new Set(ids);
  const firstAt = new Map<string, number>();
  effects.forEach((id, index) => firstAt.has(id) || firstAt.set(id, index));
  const channels = [...byChannel(published)].map(([channel, events]) => {
    const position = markers.get(channel);
    return { position, events, reached: reachedBy(position, events) };
  });
  return {
    ...audit({
      published: ids,
      effects,
      deadLettered,
      unsettled: sum(channels.map(({ events, reached }) => events.length - reached)),
    }),
    reordered: channels.flatMap(({ events }) => overtaken(events, firstAt)),
    passedOver: channels.flatMap(({ events, reached }) =>
      idsOf(events.slice(0, reached)).filter((id) => !firstAt.has(id)),
    ),
    invented: [...firstAt.keys()].filter((id) => !known.has(id)),
    misplaced: channels.flatMap(({ position, reached }) => (position && reached === 0 ? [position] : [])),
  };
}

/** The same while events are on their way: those without an effect, or behind the markers, are no findings yet. */
export function examineUnfinished(history: History): Findings {
  return { ...examine(history), lost: [], unsettled: 0 };
}

function byChannel(published: readonly PublishedEvent[]): ReadonlyMap<string, readonly PublishedEvent[]> {
  return Map.groupBy(published, ({ channel }) => channel);
}

/** How many events of a channel stand at or below the position. */
function reachedBy(position: string | undefined, events: readonly PublishedEvent[]): number {
  const [, reached] = /^b:(\d+)(?::since:\d+)?$/.exec(position ?? '') ?? [];
  return events.findIndex(({ replayId }) => replayId === reached) + 1;
}

function overtaken(
  events: readonly PublishedEvent[],
  firstAt: ReadonlyMap<string, number>,
): readonly string[] {
  let earliestBehind = Infinity;
  return idsOf(events)
    .toReversed()
    .filter((id) => {
      const at = firstAt.get(id) ?? -1;
      const isOvertaken = at > earliestBehind;
      if (at !== -1) earliestBehind = Math.min(earliestBehind, at);
      return isOvertaken;
    })
    .toReversed();
}

function idsOf(events: readonly PublishedEvent[]): readonly string[] {
  return events.map(({ id }) => id);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
