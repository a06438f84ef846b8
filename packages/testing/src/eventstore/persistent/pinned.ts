import type { ResolvedEvent } from '../store/recorded-event.ts';
import type { Consumer } from './consumer.ts';
import { isFull } from './consumer.ts';
import type { ConsumerStrategy } from './strategy.ts';

/** Of a KurrentDB server. */
const bucketCount = 1_024;

/**
 * Messages with one key go to one consumer: keys are hashed into buckets, and each bucket belongs to the consumer that
 * had the fewest when it was first needed. Who joins takes buckets over until the shares are even, those without events
 * in flight first. Buckets of one who left are given out anew.
 */
export function pinned(keyOf: (event: ResolvedEvent) => string): ConsumerStrategy {
  const consumers: Consumer[] = [];
  const owners = new Map<number, Consumer>();

  const bucketOf = (event: ResolvedEvent) => hash(keyOf(event)) % bucketCount;

  function bucketsOf(consumer: Consumer): number[] {
    return [...owners].filter(([, owner]) => owner === consumer).map(([bucket]) => bucket);
  }

  function inFlightOf(consumer: Consumer, bucket: number): number {
    return [...consumer.inFlight.values()].filter(({ event }) => bucketOf(event) === bucket).length;
  }

  function assign(bucket: number): Consumer | undefined {
    const [fewest] = [...consumers].sort((one, other) => bucketsOf(one).length - bucketsOf(other).length);
    if (fewest) owners.set(bucket, fewest);
    return fewest;
  }

  return {
    add(consumer) {
      const share = Math.ceil(owners.size / (consumers.length + 1));
      for (const other of consumers) {
        const buckets = bucketsOf(other).sort((one, two) => inFlightOf(other, one) - inFlightOf(other, two));
        for (const bucket of buckets.slice(0, Math.max(0, buckets.length - share)))
          owners.set(bucket, consumer);
      }
      consumers.push(consumer);
    },
    remove(consumer) {
      consumers.splice(consumers.indexOf(consumer), 1);
      for (const bucket of bucketsOf(consumer)) owners.delete(bucket);
    },
    push(message) {
      if (consumers.every(isFull)) return 'full';
      const bucket = bucketOf(message.event);
      const owner = owners.get(bucket) ?? assign(bucket);
      return owner?.push(message) ? 'sent' : 'held-back';
    },
  };
}

/** FNV-1a with 32 bits. Servers have another one; that only the same keys meet is all that counts. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}
