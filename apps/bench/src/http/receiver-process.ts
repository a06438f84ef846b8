import { createStopwatch } from '../measure/stopwatch.ts';
import type { Tally } from '../measure/tally.ts';
import { createTally } from '../measure/tally.ts';
import { serve } from '../process/serve.ts';
import type { ReceiverCalls } from './receiver-client.ts';
import type { Receiving } from './receiver.ts';
import type { ReceiverName } from './receivers.ts';
import { receivers } from './receivers.ts';

// Each contender in a process of its own: nobody's code is compiled for what another one's does.
const startReceiving = await receivers[process.argv[2] as ReceiverName]();
let receiving: Receiving | undefined;
let tally: Tally;

serve({
  async start({ secrets, broadcaster, messages }) {
    tally = createTally(messages);
    receiving = await startReceiving({
      secrets,
      broadcaster,
      handled(number) {
        tally.handled(number);
        // That it was confirmed is seen by who has sent it.
        tally.settled(number);
      },
    });
    return receiving.url;
  },
  async receive() {
    const stopwatch = createStopwatch();
    stopwatch.start();
    await tally.complete;
    stopwatch.stop();
    return stopwatch.measured;
  },
  async stop() {
    await receiving?.stop();
    tally.check();
  },
} satisfies ReceiverCalls);
