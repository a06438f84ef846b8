import type { Clock } from '@millrace/core';
import { wait } from '@millrace/core';
import type { ArrivalQueue } from './arrival-queue.ts';
import type { Channel, Channels } from './channels.ts';

/** Milliseconds to wait for core to take what came: far from the 40 s after which the server drops a session that does not poll. */
const patience = 10_000;

/** Says when there is room for more, and which channels have to be paused because there is none. */
export interface BackPressure {
  /** Events wait although channels are paused: what still comes has to be left at the server. */
  readonly isFull: boolean;
  /** Waits a while for what came to be taken. Answers the channels to pause, which are marked so already. */
  overflowing(signal: AbortSignal): Promise<readonly Channel[]>;
}

export function createBackPressure(queue: ArrivalQueue, channels: Channels, clock: Clock): BackPressure {
  return {
    get isFull() {
      return queue.length > 0 && channels.anyPaused;
    },
    async overflowing(signal) {
      if (queue.length > 0 && !channels.anyPaused) {
        const enough = new AbortController();
        const abort = () => enough.abort();
        signal.addEventListener('abort', abort, { once: true });
        await Promise.race([queue.whenEmpty(), wait(clock, patience, enough.signal)]);
        signal.removeEventListener('abort', abort);
        abort();
      }
      const waiting = queue.channels();
      for (const channel of channels.all) {
        if (channel.atServer && waiting.has(channel.subscription.channel)) channel.state = 'paused';
      }
      return channels.all.filter(({ state, atServer }) => state === 'paused' && atServer);
    },
  };
}
