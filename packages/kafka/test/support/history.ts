/** What happened to numbered events, looked at afterwards. Nothing of it is asked of Millrace. */
import { numbers } from './consume.ts';

const keys = 50;

export function numberedEvent(n: number) {
  return { type: 'N', id: `e${n}`, key: keyOf(n), data: { n } };
}

function keyOf(n: number): string {
  return `k${n % keys}`;
}

/** A record that a source gave to core. */
export interface Delivery {
  /** Partition and offset. */
  readonly place: string;
  /** Milliseconds since 1970, as all times here. */
  readonly at: number;
  /** Who was given it. */
  readonly member: string;
}

export interface Effect {
  readonly n: number;
  readonly place: string;
  readonly member: string;
}

/** From when something was done to brokers, networks or members until the group had caught up with what came meanwhile. */
export interface Disturbance {
  readonly from: number;
  readonly to: number;
}

/** All that has to be known to say what became of events. */
export interface Books {
  /** So many events were, from 1 on. */
  readonly published: number;
  /** In the order in which they happened. */
  readonly effects: readonly Effect[];
  readonly deliveries: readonly Delivery[];
  readonly disturbances: readonly Disturbance[];
  /** The group's markers after everybody has stopped, and the ends of the partitions. */
  readonly committed: readonly number[];
  readonly ends: readonly number[];
}

export interface Findings {
  /** Published, and without an effect. */
  readonly lost: readonly number[];
  /** With more than one effect. */
  readonly twice: readonly number[];
  /** With their first effect after that of a later one of their key. */
  readonly overtaken: readonly number[];
  /** Places of records that came once more without a reason. */
  readonly repeated: readonly string[];
  /** Partitions whose marker is not where all is handled. */
  readonly unsettled: readonly number[];
}

export const nothingWrong: Findings = { lost: [], twice: [], overtaken: [], repeated: [], unsettled: [] };

export function examine(books: Books): Findings {
  const { published, effects, deliveries, disturbances, committed, ends } = books;
  const seen = new Set<number>();
  const twice = new Set<number>();
  const overtaken: number[] = [];
  const latest = new Map<string, number>();
  for (const { n } of effects) {
    if (seen.has(n)) {
      twice.add(n);
      continue;
    }
    seen.add(n);
    const key = keyOf(n);
    if (n < (latest.get(key) ?? 0)) overtaken.push(n);
    else latest.set(key, n);
  }
  return {
    lost: numbers(1, published).filter((n) => !seen.has(n)),
    twice: [...twice],
    overtaken,
    repeated: repeats(deliveries, disturbances).unexpected,
    unsettled: ends.flatMap((end, partition) => (committed[partition] === end ? [] : [partition])),
  };
}

export interface Repeats {
  /** How many records came once more while there was a reason to. */
  readonly expected: number;
  /** Places of those that came once more at any other time. */
  readonly unexpected: readonly string[];
}

export function repeats(deliveries: readonly Delivery[], disturbances: readonly Disturbance[]): Repeats {
  const seen = new Set<string>();
  const unexpected: string[] = [];
  let expected = 0;
  for (const { place, at } of deliveries.toSorted((one, other) => one.at - other.at)) {
    if (!seen.has(place)) seen.add(place);
    else if (disturbances.some(({ from, to }) => from <= at && at <= to)) expected += 1;
    else unexpected.push(place);
  }
  return { expected, unexpected };
}

/** Places of what a member has handled and others were given once more since: there are none if it left in good order. */
export function leftUndone(
  { member, since }: { readonly member: string; readonly since: number },
  effects: readonly Effect[],
  deliveries: readonly Delivery[],
): readonly string[] {
  const handled = new Set(effects.filter((effect) => effect.member === member).map(({ place }) => place));
  return deliveries
    .filter((delivery) => delivery.member !== member && delivery.at > since && handled.has(delivery.place))
    .map(({ place }) => place);
}
