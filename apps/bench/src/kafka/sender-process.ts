import { createStopwatch } from '../measure/stopwatch.ts';
import { createTally } from '../measure/tally.ts';
import { serve } from '../process/serve.ts';
import type { SenderCalls } from './sender-client.ts';
import type { SenderName } from './senders.ts';
import { senders } from './senders.ts';
import { ways } from './ways.ts';

// Each contender in a process of its own: nobody's code is compiled for what another one's does.
const startSending = await senders[process.argv[2] as SenderName]();
let stop: () => Promise<void> = async () => {};

serve({
  async produce({ brokers, topic, way, messages }) {
    const stopwatch = createStopwatch();
    const tally = createTally(messages);
    const sender = await startSending({ brokers, topic });
    stop = async () => {
      await sender.close();
      tally.check();
    };

    function sent(number: number): void {
      tally.handled(number);
      tally.settled(number);
    }

    // Connected, and knows the topic.
    await sender.send(0);
    sent(0);
    const numbers = Array.from({ length: messages - 1 }, (_, index) => index + 1);
    stopwatch.start();
    await Promise.all([ways[way](sender, numbers, sent), tally.complete]);
    stopwatch.stop();
    return stopwatch.measured;
  },
  stop: () => stop(),
} satisfies SenderCalls);
