import { wait } from '@millrace/core';
import type { ServerContext } from '../server-context.ts';
import type { Responses } from './responses.ts';

/**
 * Sends an event as slowly and as often as the planned faults say. Answers a promise only where there is something to
 * wait for: an event that just goes out is not to cost a turn of the loop.
 */
export function deliver<Response>(
  { faults, counts, settings }: Pick<ServerContext, 'faults' | 'counts' | 'settings'>,
  responses: Responses<Response>,
  event: Response,
): Promise<void> | undefined {
  if (faults.delay > 0) return deliverLate();
  return send();

  async function deliverLate(): Promise<void> {
    await wait(settings.clock, faults.delay, responses.over);
    await send();
  }

  function send(): Promise<void> | undefined {
    let copies = 1;
    if (faults.duplicates > 0) {
      faults.duplicates -= 1;
      copies = 2;
    }
    let hasRoom = true;
    for (; copies > 0; copies -= 1) {
      if (!responses.over.aborted) counts.eventsSent += 1;
      hasRoom = responses.write(event) && hasRoom;
    }
    return hasRoom ? undefined : responses.room();
  }
}
