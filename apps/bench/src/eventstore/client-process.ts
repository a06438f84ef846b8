import { KurrentDBClient } from '@kurrent/kurrentdb-client';

import { createStopwatch } from '../measure/stopwatch.ts';
import { createTally } from '../measure/tally.ts';
import { serve } from '../process/serve.ts';
import type { ClientCalls } from './client.ts';
import { assertSettled, createGroup, watchAcks } from './group.ts';
import type { ReaderName } from './readers.ts';
import { readers } from './readers.ts';

// Each contender in a process of its own: nobody's code is compiled for what another one's does.
const { settles, load } = readers[process.argv[2] as ReaderName];
const startReading = await load();
const inGroup = settles === 'in-group';
let trials = 0;
let stop: () => Promise<void> = async () => {};

serve({
  async read({ connectionString, stream, messages }) {
    trials += 1;
    const group = `bench-${process.pid}-${trials}`;
    const client = KurrentDBClient.connectionString(connectionString);
    const stopwatch = createStopwatch();
    const tally = createTally(messages);
    if (inGroup) {
      await createGroup(client, stream, group);
      watchAcks(client, tally.settled);
    }

    function handled(number: number): void {
      tally.handled(number);
      // Nothing of an event is settled at the server.
      if (!inGroup) tally.settled(number);
    }

    stopwatch.start();
    const reading = await startReading({ client, stream, group, handled, failed: tally.fail });
    await tally.complete;
    stopwatch.stop();
    stop = async () => {
      if (inGroup) await assertSettled(client, stream, group);
      const revision = await reading.stop();
      if (inGroup) await client.deletePersistentSubscriptionToStream(stream, group);
      else assertPlace(revision, BigInt(messages - 1));
      tally.check();
      await client.dispose();
    };
    return stopwatch.measured;
  },
  stop: () => stop(),
} satisfies ClientCalls);

/** Throws when a reader would not go on after the last event. */
function assertPlace(revision: bigint | undefined, last: bigint): void {
  if (revision !== last)
    throw new Error(`It would go on after ${revision}, though the last event is ${last}.`);
}
