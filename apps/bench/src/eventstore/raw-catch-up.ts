import type { BenchEvent } from './bench-event.ts';
import type { StartReading } from './reader.ts';

/** The loop of the client's guide: one event after another; the place is kept in a variable. */
export const rawCatchUp: StartReading = async ({ client, stream, handled, failed }) => {
  let revision: bigint | undefined;
  const subscription = client.subscribeToStream(stream, { fromRevision: 'start' });
  const handle = async (data: BenchEvent) => handled(data.number);

  async function loop(): Promise<void> {
    for await (const { event } of subscription) {
      if (event === undefined) continue;
      await handle(event.data as unknown as BenchEvent);
      revision = event.revision;
    }
  }

  loop().catch(failed);
  return {
    async stop() {
      await subscription.unsubscribe();
      return revision;
    },
  };
};
