import type { ResolvedEvent } from '@kurrent/kurrentdb-client';

import type { BenchEvent } from './bench-event.ts';
import type { StartReading, Work } from './reader.ts';
import { ackTogether, bufferSize } from './reader.ts';

/** The loop of the client's guide: handle one event, acknowledge it, take the next. */
export const ackEach: StartReading = async (work) => consume(work, 1);

/** What one would write for speed: acknowledge what has gathered when it is enough, or when no more is there. */
export const ackInBatches: StartReading = async (work) => consume(work, ackTogether);

function consume({ client, stream, group, handled, failed }: Work, together: number) {
  const subscription = client.subscribeToPersistentSubscriptionToStream(stream, group, { bufferSize });
  const handle = async (data: BenchEvent) => handled(data.number);

  async function loop(): Promise<void> {
    let done: ResolvedEvent[] = [];
    for await (const resolved of subscription) {
      await handle(resolved.event?.data as unknown as BenchEvent);
      done.push(resolved);
      if (done.length < together && subscription.readableLength > 0) continue;
      await subscription.ack(...done);
      done = [];
    }
  }

  loop().catch(failed);
  return {
    async stop() {
      await subscription.unsubscribe();
      return undefined;
    },
  };
}
