import type { Inbox } from '../receive/inbox.ts';
import type { Place } from './receive-route.ts';

export interface Intake {
  hasRoom(): boolean;
  /** Undefined: there is no room. */
  admit(): Place | undefined;
}

/** Events on their way in: bounded from their first byte on, since what is read has to be kept. */
export function createIntake(inbox: Inbox, most: number, signal: AbortSignal): Intake {
  let reading = 0;
  const hasRoom = () => !signal.aborted && inbox.pending + reading < most;
  return {
    hasRoom,
    admit() {
      if (!hasRoom()) return undefined;
      reading += 1;
      let held = true;
      const giveBack = () => {
        if (held) reading -= 1;
        held = false;
      };
      return {
        offer(incoming, gone) {
          giveBack();
          return signal.aborted ? undefined : inbox.offer(incoming, gone);
        },
        giveBack,
      };
    },
  };
}
