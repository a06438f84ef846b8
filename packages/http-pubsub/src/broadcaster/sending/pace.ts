import type { Clock } from '@millrace/core';
import { wait } from '@millrace/core';
import { gapOf } from '../rate.ts';
import type { Subscriber, SubscriptionStore } from '../ports/subscription-store.ts';

type Paced = Pick<Subscriber, 'url' | 'allowedRate'>;

/** Keeps to the rates that subscribers allow, together with all who share the store. */
export interface Pace {
  /** Waits for the turn of a subscriber, behind those that wait already. False: `withdrawn` came first. */
  turn(subscriber: Paced, withdrawn: AbortSignal): Promise<boolean>;
  /** Takes a turn if there is one. Else milliseconds after which to ask again, longer for each that asks. */
  tryTurn(subscriber: Paced): Promise<number | undefined>;
}

/** Milliseconds: nobody is told to ask again later than this. */
const longest = 60_000;

export function createPace(subscriptions: Pick<SubscriptionStore, 'turn'>, clock: Clock): Pace {
  /** The last of those that wait for a URL. */
  const lines = new Map<string, Promise<boolean>>();
  /** Until when URLs have been handed out to those who ask again, in monotonic milliseconds. */
  const promised = new Map<string, number>();

  async function waitInLine(url: string, before: Promise<boolean> | undefined, withdrawn: AbortSignal) {
    await before?.catch(() => {});
    for (;;) {
      if (withdrawn.aborted) return false;
      const pause = await subscriptions.turn(url);
      if (pause <= 0) return true;
      await wait(clock, pause, withdrawn);
    }
  }

  return {
    async turn({ url, allowedRate }, withdrawn) {
      if (allowedRate === undefined) return true;
      const own = waitInLine(url, lines.get(url), withdrawn);
      lines.set(url, own);
      try {
        return await own;
      } finally {
        if (lines.get(url) === own) lines.delete(url);
      }
    },

    async tryTurn({ url, allowedRate }) {
      if (allowedRate === undefined) return undefined;
      const pause = await subscriptions.turn(url);
      if (pause <= 0) return undefined;
      const now = clock.monotonic();
      for (const [other, until] of promised) if (until <= now) promised.delete(other);
      const at = Math.min(now + longest, Math.max(now + pause, promised.get(url) ?? 0));
      promised.set(url, at + gapOf(allowedRate));
      return at - now;
    },
  };
}
