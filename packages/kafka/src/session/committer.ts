import type { Clock } from '@millrace/core';
import { isMillraceError, wait } from '@millrace/core';
import type { KafkaMember, PartitionOffset } from '../client/port.ts';
import { kafkaError } from '../errors.ts';
import type { Lot } from './lot.ts';

export interface Committer {
  /** Writes that all before `offset` is done. Resolves without writing when the lot is lost. */
  commit(lot: Lot, offset: bigint): Promise<void>;
  /** The group is about to be divided anew, and this member has not answered yet: what waits for its time is written now. */
  hurry(): void;
}

export interface CommitterOptions {
  readonly member: () => KafkaMember;
  readonly clock: Clock;
  /** Aborts when there is no time to lose any more. */
  readonly signal: AbortSignal;
  /** Resolves when partitions are not being divided anew, and when the session is over. */
  readonly settled: () => Promise<void>;
  /** Resolves when partitions were divided anew, when the session is over, and after a while. */
  readonly redivided: () => Promise<void>;
}

interface Waiting {
  readonly offsets: Map<Lot, bigint>;
  readonly written: Promise<void>;
}

/** Milliseconds from one request to the next. Each costs as much as handling a hundred records. */
const pace = 50;

/** Writes what all channels have reached with one request, and what they reach soon after that with the next one. */
export function createCommitter(options: CommitterOptions): Committer {
  const { member, clock, signal, settled, redivided } = options;
  let waiting: Waiting | undefined;
  let writtenAt = -Infinity;
  let hurrying = new AbortController();

  async function write(offsets: ReadonlyMap<Lot, bigint>): Promise<void> {
    await new Promise(setImmediate);
    // While the group is divided anew the broker takes nothing, and afterwards a lot may be lost.
    if (!(await hurried())) await settled();
    waiting = undefined;
    writtenAt = clock.monotonic();
    if (await tryToWrite(offsets)) return;
    // The broker knew of it before this member did.
    await redivided();
    if (!(await tryToWrite(offsets)))
      throw kafkaError('KAFKA_REBALANCING', 'The group is still divided anew.');
  }

  /** Waits until it is time to write. True: the group still has to hear from this member before it is divided. */
  async function hurried(): Promise<boolean> {
    const early = writtenAt + pace - clock.monotonic();
    if (early <= 0) return false;
    hurrying = new AbortController();
    await wait(clock, early, AbortSignal.any([signal, hurrying.signal]));
    return hurrying.signal.aborted;
  }

  /** False: this member may have other partitions by now. */
  async function tryToWrite(offsets: ReadonlyMap<Lot, bigint>): Promise<boolean> {
    const ours = [...offsets].filter(
      ([lot, offset]) => lot.state === 'reading' && offset >= lot.floor && offset !== lot.committed,
    );
    if (ours.length === 0) return true;
    try {
      await member().commit(ours.map(toOffset));
    } catch (error) {
      if (isMillraceError(error, 'KAFKA_REBALANCING')) return false;
      throw error;
    }
    for (const [lot, offset] of ours) lot.committed = offset;
    return true;
  }

  return {
    async commit(lot, offset) {
      if (lot.state === 'lost') return;
      if (lot.state === 'locating') {
        throw kafkaError('KAFKA_REBALANCING', `${lot.channel} is not read yet.`);
      }
      if (waiting === undefined) {
        const offsets = new Map<Lot, bigint>();
        waiting = { offsets, written: write(offsets) };
      }
      waiting.offsets.set(lot, offset);
      await waiting.written;
    },
    hurry: () => hurrying.abort(),
  };
}

function toOffset([{ topic, partition }, offset]: readonly [Lot, bigint]): PartitionOffset {
  return { topic, partition, offset };
}
