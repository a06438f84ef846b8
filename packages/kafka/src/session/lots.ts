import type { TopicPartition } from '../client/port.ts';
import type { Lot } from './lot.ts';
import { channelOf, createLot, empty } from './lot.ts';

export interface Division {
  readonly kept: readonly Lot[];
  readonly added: readonly Lot[];
  readonly lost: readonly Lot[];
}

/** The partitions that this member has. */
export interface Lots {
  all(): readonly Lot[];
  get(channel: string): Lot | undefined;
  /** Takes over what the group has decided. `kept`: what this member had was its own all the while. */
  divide(partitions: readonly TopicPartition[], kept: boolean): Division;
}

export function createLots(): Lots {
  const lots = new Map<string, Lot>();
  let list: readonly Lot[] = [];

  return {
    all: () => list,
    get: (channel) => lots.get(channel),
    divide(partitions, keeps) {
      const channels = new Set(partitions.map(channelOf));
      const lost = [...lots.values()].filter(({ channel }) => !keeps || !channels.has(channel));
      for (const lot of lost) {
        lot.state = 'lost';
        empty(lot);
        lots.delete(lot.channel);
      }
      const kept = [...lots.values()];
      const added = partitions
        .filter((partition) => !lots.has(channelOf(partition)))
        .map((partition) => createLot(partition));
      for (const lot of added) lots.set(lot.channel, lot);
      list = [...lots.values()];
      return { kept, added, lost };
    },
  };
}
