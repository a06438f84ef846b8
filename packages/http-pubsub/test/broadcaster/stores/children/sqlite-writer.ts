import { isMillraceError } from '@millrace/core';
import { sqliteBroadcasterStore } from '../../../../src/broadcaster/stores/sqlite/sqlite-broadcaster-store.ts';

/** `<path> keep`: keeps one delivery after the other and says its id. `<path> stage`: is in the midst of a large body for ever. */
const [path = '', task] = process.argv.slice(2);
const { deliveries } = sqliteBroadcasterStore(path);
const bytes = Buffer.alloc(2 * 2 ** 20, 'x');
const holder = { owner: 'child', lease: 60_000 };

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function put(id: string, length: number, chunks: () => AsyncIterable<Uint8Array>): Promise<void> {
  const message = {
    key: `message-${id}`,
    topic: Buffer.from('t'),
    digest: Buffer.alloc(64),
    tracing: Buffer.alloc(0),
    publishedAt: Date.now(),
    body: { length, chunks },
  };
  const delivery = {
    id,
    url: 'http://one.example/',
    recovery: undefined,
    attempts: 0,
    failure: undefined,
    delay: undefined,
  };
  await deliveries.put(message, [delivery], holder);
}

try {
  if (task === 'stage') {
    await put('large', 2 * bytes.length, async function* () {
      yield bytes;
      say('half');
      await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
    });
  }
  for (let id = 0; ; id += 1) {
    await put(`${id}`, 5_000, async function* () {
      yield bytes.subarray(0, 5_000);
    });
    say(`${id}`);
  }
} catch (error) {
  say(isMillraceError(error) ? error.code : String(error));
}
