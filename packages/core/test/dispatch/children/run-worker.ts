import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { writeSync } from 'node:fs';

import { systemClock, wait } from '../../../src/clock.ts';
import type { Diagnostics } from '../../../src/index.ts';
import { createConsumer, memoryStore, MillraceError, silentLogger } from '../../../src/index.ts';
import { scriptedSource } from '../../support/scripted-source.ts';

/** A consumer as users run one, which says what happens to it. Handlers end when a line is read, or when aborted. */
const [mode = ''] = process.argv.slice(2);
const say = (line: string) => void writeSync(1, `${line}\n`);
const settings = { concurrency: 1, prefetch: 1 };

const orders = scriptedSource({
  settings,
  extras:
    mode === 'is being verified'
      ? {
          // oxlint-disable-next-line require-yield
          async *verify({ signal }) {
            say('starting');
            await wait(systemClock, 600_000, signal);
          },
        }
      : {},
});
const payments = scriptedSource({ name: 'payments', settings });
if (mode === 'hangs while it opens') orders.openAnswer = () => (say('starting'), new Promise(() => {}));
if (mode === 'can not be opened') orders.openAnswer = () => Promise.reject(new Error('no route to host'));

const consumer = createConsumer({
  name: 'billing',
  sources: [orders, payments],
  store: memoryStore(),
  timeout: false,
  drainTimeout: 600_000,
  onSourceFailure: mode === 'goes on without a source' ? 'continue' : 'stop',
  log: silentLogger,
});
const told = once(process.stdin, 'data');
process.stdin.unref();
consumer.on('Ping', { name: 'ping' }, async ({ id }, { signal }) => {
  say(`handling ${id}`);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
  await Promise.race([told, aborted]);
});
subscribe('millrace:drain', (event) => {
  const { source, phase } = event as Diagnostics['drain'];
  say(`drain of ${source} ${phase}`);
});

const running = consumer.run();
if (mode === 'loses a source' || mode === 'goes on without a source') {
  payments.openAnswer = async () => {
    if (payments.opened > 0) throw new MillraceError('SOURCE_FAILED', 'The queue was deleted.');
  };
  while (consumer.health().status !== 'ready') await wait(systemClock, 1);
  payments.breakSession(new Error('connection reset'));
  while (consumer.health().sources['payments']?.status !== 'failed') await wait(systemClock, 1);
}
orders.send({ id: 'm1' }, { id: 'm2' });
await running;

say(
  `settled ${orders.settlements
    .map(({ incoming, outcome }) => `${incoming.id}:${outcome}`)
    .toSorted()
    .join(' ')}`,
);
say(`listeners ${process.listenerCount('SIGTERM') + process.listenerCount('SIGINT')}`);
