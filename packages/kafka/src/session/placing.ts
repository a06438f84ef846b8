import type { SourceContext } from '@millrace/core';
import { wait } from '@millrace/core';
import type { KafkaAdmin, KafkaMember, TopicPartition } from '../client/port.ts';
import { passesByItself } from '../errors.ts';
import type { GroupSettings } from '../options.ts';
import type { Change } from './change.ts';
import type { Lot } from './lot.ts';
import { jump } from './lot.ts';
import type { Place, PlaceOptions } from './place.ts';
import { elsewhere, findPlaces } from './place.ts';

/** Finds out where partitions are read from, for as long as it takes. Nothing of it rejects. */
export interface Placing {
  /** Something that passes keeps partitions from being read. */
  readonly delayed: boolean;
  /** Of partitions of a topic that were added. */
  locate(topic: string, added: readonly Lot[]): Promise<void>;
  /** Of one that the broker no longer has where it is read. It is not fetched meanwhile. */
  relocate(lot: Lot): Promise<void>;
}

export interface PlacingOptions {
  readonly settings: GroupSettings;
  readonly admin: KafkaAdmin;
  readonly context: SourceContext;
  readonly isNew: (lot: TopicPartition) => boolean;
  readonly member: () => KafkaMember | undefined;
  readonly change: Change;
  /** Resolves when the group is not being divided. */
  readonly settled: () => Promise<void>;
  /** Whether to try out all rights that reading takes. */
  readonly doubtful: () => boolean;
  /** Reading is over. */
  readonly signal: AbortSignal;
  /** Ends it. */
  readonly fail: (error: unknown) => void;
  /** It is known where the lot is read from. */
  readonly begin: (lot: Lot, offset: bigint) => void;
}

/** Milliseconds between tries. */
const retryDelay = 500;

export function createPlacing(options: PlacingOptions): Placing {
  const { settings, admin, context, member, change, signal, fail } = options;
  const { clock, log } = context;
  const places: PlaceOptions = { ...settings, admin, isNew: options.isNew };
  let delayed = false;

  async function giveUp(lot: Lot, error: unknown): Promise<void> {
    // kafkajs has overwritten it: the next start would take the lot for one that was never read.
    const offset = lot.committed ?? lot.next;
    await member()
      ?.commit([{ ...lot, offset }])
      .catch((commitError: unknown) => {
        log.error('The marker of a partition could not be written back.', {
          channel: lot.channel,
          offset: String(offset),
          error: commitError,
        });
      });
    fail(error);
  }

  /**
   * Tells the group where reading begins, if it does not know: what comes from now on must not be passed over. In doubt it
   * is told in any case: that takes all rights that reading takes, so one that is missing shows at once.
   */
  async function begin(found: ReadonlyMap<Lot, Place>): Promise<void> {
    await options.settled();
    const told = [...found].filter(
      ([lot, { committed }]) => isOpen(lot) && (committed === undefined || options.doubtful()),
    );
    if (told.length > 0) await member()?.commit(told.map(([lot, { offset }]) => ({ ...lot, offset })));
    for (const [lot, { offset, bounds, gap }] of found) {
      if (!isOpen(lot)) continue;
      if (gap) context.gap(gap);
      jump(lot, offset, bounds);
      lot.committed = offset;
      lot.state = 'reading';
      options.begin(lot, offset);
    }
    change.tell();
  }

  function isOpen({ state }: Lot): boolean {
    return state === 'locating' && !signal.aborted;
  }

  return {
    get delayed() {
      return delayed;
    },
    async locate(topic, added) {
      while (!signal.aborted) {
        const open = added.filter(({ state }) => state === 'locating');
        if (open.length === 0) return;
        try {
          return await begin(await findPlaces(topic, open, places));
        } catch (error) {
          if (!passesByItself(error)) return fail(error);
          delayed = true;
          change.tell();
          context.degraded(error);
        }
        await wait(clock, retryDelay, signal);
      }
    },
    async relocate(lot) {
      while (isOpen(lot)) {
        try {
          const bounds = (await admin.bounds(lot.topic)).get(lot.partition) ?? { low: 0n, high: 0n };
          const place = elsewhere(lot.channel, lot.next, bounds, settings.onInvalidPosition);
          return await begin(new Map([[lot, { ...place, committed: undefined }]]));
        } catch (error) {
          if (!passesByItself(error)) return await giveUp(lot, error);
          context.degraded(error);
        }
        await wait(clock, retryDelay, signal);
      }
    },
  };
}
