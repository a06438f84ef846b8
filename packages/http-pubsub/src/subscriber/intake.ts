import type { Inbox } from '../receive/inbox.ts';
import type { Place } from './receive-route.ts';

/** Events on their way in: bounded from the first byte on, since what is read has to be kept. */
export function createIntake(inbox: Inbox, most: number, signal: AbortSignal): () => Place | undefined {
  let reading = 0;
  return () => {
    if (signal.aborted || inbox.pending + reading >= most) return undefined;
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
  };
}
