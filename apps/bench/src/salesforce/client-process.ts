import { createStopwatch } from '../measure/stopwatch.ts';
import type { Tally } from '../measure/tally.ts';
import { createTally } from '../measure/tally.ts';
import { monotonic } from '../process/monotonic.ts';
import { serve } from '../process/serve.ts';
import type { ClientCalls } from './client.ts';
import { login } from './login.ts';
import type { Reading } from './reader.ts';
import type { ReaderName } from './readers.ts';
import { readers } from './readers.ts';

// Each contender in a process of its own: CometD's client leaves a global `window` behind, and nobody's code is compiled
// for what another one's does.
const startReading = await readers[process.argv[2] as ReaderName]();

let current: {
  readonly reading: Reading;
  readonly tally: Tally;
  readonly next: Promise<{ readonly at: number; readonly cpu: number }>;
};

serve({
  async read({ org, channel, messages, oneMore }) {
    const token = await login(org);
    const tally = createTally(oneMore ? messages + 1 : messages);
    const backlog = { handled: Promise.withResolvers<void>(), stopwatch: createStopwatch(), left: messages };
    const after = { stopwatch: createStopwatch(), at: 0 };

    function handled(number: number): void {
      backlog.left -= 1;
      if (backlog.left === 0) {
        backlog.stopwatch.stop();
        after.stopwatch.start();
        backlog.handled.resolve();
      }
      if (backlog.left === -1) {
        after.at = monotonic();
        after.stopwatch.stop();
      }
      tally.handled(number);
      // Nothing of an event is settled at the server.
      tally.settled(number);
    }

    backlog.stopwatch.start();
    const reading = await startReading({
      ...org,
      token,
      login: () => login(org),
      channel,
      handled,
      failed: tally.fail,
    });
    const next = tally.complete.then(() => ({ at: after.at, cpu: after.stopwatch.measured.cpu }));
    // Whoever asks for it hears of an error; until then it is not unhandled.
    next.catch(() => {});
    current = { reading, tally, next };
    await Promise.race([backlog.handled.promise, tally.complete]);
    return backlog.stopwatch.measured;
  },
  next: () => current.next,
  async stop() {
    const position = await current.reading.stop();
    current.tally.check();
    return position;
  },
} satisfies ClientCalls);
