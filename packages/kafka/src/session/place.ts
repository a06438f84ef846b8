import type { Gap, Position, StartPosition } from '@millrace/core';
import { toPosition } from '@millrace/core';
import type { KafkaAdmin, PartitionBounds } from '../client/port.ts';
import { kafkaError } from '../errors.ts';
import type { Lot } from './lot.ts';

/** Where a lot is read from. */
export interface Place {
  readonly offset: bigint;
  readonly bounds: PartitionBounds;
  /** What the group has committed; undefined when it has to be told of `offset`, so that it is known from now on. */
  readonly committed: bigint | undefined;
  /** Reading could not go on where it had stopped. */
  readonly gap: Gap | undefined;
}

export interface PlaceOptions {
  readonly admin: KafkaAdmin;
  readonly group: string;
  readonly start: StartPosition;
  readonly onInvalidPosition: 'earliest' | 'latest' | 'fail';
  /** Whether the partition was added while the source was running: all that is in it is new. */
  readonly isNew: (lot: Lot) => boolean;
}

/**
 * Finds out where lots of one topic are to be read from. Rejects with KAFKA_OFFSET_OUT_OF_RANGE when that is kept no longer
 * and the options want no other place.
 */
export async function findPlaces(
  topic: string,
  lots: readonly Lot[],
  { admin, group, start, isNew, onInvalidPosition }: PlaceOptions,
): Promise<ReadonlyMap<Lot, Place>> {
  const needed = lots.map(({ partition }) => partition);
  const [bounds, committed] = await Promise.all([admin.bounds(topic, needed), admin.committed(group, topic)]);
  const atTime =
    typeof start === 'object' && 'at' in start ? await admin.offsetsAt(topic, start.at) : undefined;

  function first(lot: Lot, { low, high }: PartitionBounds): bigint {
    if (isNew(lot) || start === 'earliest') return low;
    if (typeof start === 'object' && 'after' in start) return BigInt(start.after) + 1n;
    return atTime?.get(lot.partition) ?? high;
  }

  function place(lot: Lot): Place {
    const itsBounds = bounds.get(lot.partition);
    if (itsBounds === undefined) {
      throw kafkaError('KAFKA_TOPIC_MISSING', `${lot.channel} is not there any more.`);
    }
    const known = committed.get(lot.partition);
    if (known === 'overwritten') {
      return { ...elsewhere(lot.channel, undefined, itsBounds, onInvalidPosition), committed: undefined };
    }
    const offset = known ?? first(lot, itsBounds);
    if (isKept(offset, itsBounds)) {
      return { offset, bounds: itsBounds, committed: known, gap: undefined };
    }
    return { ...elsewhere(lot.channel, offset, itsBounds, onInvalidPosition), committed: undefined };
  }

  return new Map(lots.map((lot) => [lot, place(lot)]));
}

function isKept(offset: bigint, { low, high }: PartitionBounds): boolean {
  return offset >= low && offset <= high;
}

/**
 * What becomes of a lot that can't be read from `offset`, which is undefined where the group's marker was overwritten. Throws
 * KAFKA_OFFSET_OUT_OF_RANGE where no other place will do.
 */
export function elsewhere(
  channel: string,
  offset: bigint | undefined,
  bounds: PartitionBounds,
  policy: 'earliest' | 'latest' | 'fail',
): { readonly offset: bigint; readonly bounds: PartitionBounds; readonly gap: Gap } {
  const problem =
    offset === undefined
      ? `Where ${channel} was to be read from was deleted, and the client has overwritten the group's marker of it. The broker has ${bounds.low} to ${bounds.high}.`
      : `${channel} should be read from offset ${offset}, and the broker has ${bounds.low} to ${bounds.high}: what was there is deleted, or the topic was made anew.`;
  const cause = kafkaError('KAFKA_OFFSET_OUT_OF_RANGE', problem);
  if (policy === 'fail') throw cause;
  const gap: Gap = { channel, position: positionBefore(offset), resumed: policy, cause };
  return { offset: policy === 'earliest' ? bounds.low : bounds.high, bounds, gap };
}

/** Of the last record before an offset. */
function positionBefore(offset: bigint | undefined): Position | undefined {
  return offset !== undefined && offset > 0n ? toPosition(String(offset - 1n)) : undefined;
}
