import { isMillraceError } from '@millrace/core';
import type { KafkaMember, PartitionOffset } from '../client/port.ts';
import { kafkaError } from '../errors.ts';
import type { Lot } from './lot.ts';

export interface Committer {
  /** Writes that all before `offset` is done. Resolves without writing when the lot is lost. */
  commit(lot: Lot, offset: bigint): Promise<void>;
}

export interface CommitterOptions {
  readonly member: () => KafkaMember;
  /** Resolves when partitions are not being divided anew, and when the session is over. */
  readonly settled: () => Promise<void>;
  /** Resolves when partitions were divided anew, when the session is over, and after a while. */
  readonly redivided: () => Promise<void>;
}

interface Waiting {
  readonly offsets: Map<Lot, bigint>;
  readonly written: Promise<void>;
}

/** Writes what several channels have reached in one turn of the event loop with one request. */
export function createCommitter({ member, settled, redivided }: CommitterOptions): Committer {
  let waiting: Waiting | undefined;

  async function write(offsets: ReadonlyMap<Lot, bigint>): Promise<void> {
    await new Promise(setImmediate);
    // While the group is divided anew the broker takes nothing, and afterwards a lot may be lost.
    await settled();
    waiting = undefined;
    if (await tryToWrite(offsets)) return;
    // The broker knew of it before this member did.
    await redivided();
    if (!(await tryToWrite(offsets)))
      throw kafkaError('KAFKA_REBALANCING', 'The group is still divided anew.');
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
  };
}

function toOffset([{ topic, partition }, offset]: readonly [Lot, bigint]): PartitionOffset {
  return { topic, partition, offset };
}
