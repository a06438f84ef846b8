import { Kafka, logLevel } from 'kafkajs';

import { createStopwatch } from '../measure/stopwatch.ts';
import { createTally } from '../measure/tally.ts';
import { serve } from '../process/serve.ts';
import type { ConsumerCalls } from './consumer-client.ts';
import type { ConsumerName } from './consumers.ts';
import { consumers } from './consumers.ts';
import { onFirstFetch, onFirstFetchByPlatformatic } from './first-fetch.ts';

// Each contender in a process of its own: nobody's code is compiled for what another one's does.
const startConsuming = await consumers[process.argv[2] as ConsumerName]();
let stop: () => Promise<void> = async () => {};

serve({
  async consume({ brokers, topic, group, messages }) {
    const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
    const stopwatch = createStopwatch();
    const tally = createTally(messages);
    onFirstFetch(kafka, stopwatch.start);
    onFirstFetchByPlatformatic(stopwatch.start);
    const consuming = await startConsuming({
      kafka,
      brokers,
      topic,
      group,
      handled(number) {
        tally.handled(number);
        // What is committed is seen by the broker, in the end.
        tally.settled(number);
      },
      failed: tally.fail,
    });
    await tally.complete;
    stopwatch.stop();
    stop = async () => {
      await consuming.stop();
      tally.check();
    };
    return stopwatch.measured;
  },
  stop: () => stop(),
} satisfies ConsumerCalls);
