import type { PersistentSubscriptionToStream, ResolvedEvent } from '@kurrent/kurrentdb-client';

import type { BenchEvent } from './bench-event.ts';
import type { StartReading, Work } from './reader.ts';
import { ackTogether, bufferSize } from './reader.ts';

/** The loop of the client's guide: handle one event, acknowledge it, take the next. */
export const ackEach: StartReading = async (work) =>
  consume(work, (subscription) => (event) => subscription.ack(event));

/** What one would write for speed: acknowledge what has gathered when it is enough, or after a moment. */
export const ackInBatches: StartReading = async (work) =>
  consume(work, (subscription) => {
    let done: ResolvedEvent[] = [];
    let timer: NodeJS.Timeout | undefined;

    async function flush(): Promise<void> {
      clearTimeout(timer);
      timer = undefined;
      const gathered = done;
      done = [];
      await subscription.ack(...gathered);
    }

    return async (event) => {
      done.push(event);
      if (done.length >= ackTogether) await flush();
      else timer ??= setTimeout(() => flush().catch(work.failed), moment);
    };
  });

/** Milliseconds. */
const moment = 5;

type Ack = (event: ResolvedEvent) => Promise<void>;

function consume(
  { client, stream, group, handled, failed }: Work,
  ackOf: (subscription: PersistentSubscriptionToStream) => Ack,
) {
  const subscription = client.subscribeToPersistentSubscriptionToStream(stream, group, { bufferSize });
  const handle = async (data: BenchEvent) => handled(data.number);
  const ack = ackOf(subscription);

  async function loop(): Promise<void> {
    for await (const resolved of subscription) {
      await handle(resolved.event?.data as unknown as BenchEvent);
      await ack(resolved);
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
