import type { ResolvedEvent } from '../store/recorded-event.ts';
import type { GroupMessage } from './message.ts';

/** What a consumer is told. */
export interface ConsumerChannel {
  /** As clients name their connection. */
  readonly connectionName: string;
  readonly peer: string;
  readonly username: string;
  send(event: ResolvedEvent, retryCount: number): void;
  /** The group is gone or has new settings. */
  drop(): void;
}

/** One subscription to a group: as many events as it has slots may be with it at a time. */
export interface Consumer {
  readonly channel: ConsumerChannel;
  readonly slots: number;
  readonly inFlight: ReadonlyMap<string, GroupMessage>;
  /** All that were ever sent to it. */
  readonly total: number;
  /** Sends it; false when all slots are taken. */
  push(message: GroupMessage): boolean;
  /** The slot is free again. */
  settle(id: string): void;
}

export function createConsumer(slots: number, channel: ConsumerChannel): Consumer {
  const inFlight = new Map<string, GroupMessage>();
  let total = 0;
  return {
    channel,
    slots,
    inFlight,
    get total() {
      return total;
    },
    push(message) {
      if (inFlight.size >= slots) return false;
      inFlight.set(message.id, message);
      total += 1;
      channel.send(message.event, message.retryCount);
      return true;
    },
    settle: (id) => void inFlight.delete(id),
  };
}

export function isFull({ inFlight, slots }: Consumer): boolean {
  return inFlight.size >= slots;
}
