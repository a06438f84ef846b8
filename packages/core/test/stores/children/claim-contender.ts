import { once } from 'node:events';
import { sqliteStore } from '../../../src/sqlite.ts';
import { seededRandom, shuffled } from '../support/seeded-random.ts';

/** Claims all keys in calls of ten, in an order of its own, and prints those it got. */
const [path = '', owner = '', count = '', seed = ''] = process.argv.slice(2);
const keys = Array.from({ length: Number(count) }, (_, index) => `id-${index}`);
const order = shuffled(keys, seededRandom(Number(seed)));

console.log('ready');
await once(process.stdin, 'data');
process.stdin.destroy();

const store = sqliteStore(path);
const won: string[] = [];
for (let start = 0; start < order.length; start += 10) {
  const requests = order.slice(start, start + 10).map((key) => ({ key }));
  const verdicts = await store.idempotency.claimMany(requests, { owner, lease: 600_000 });
  won.push(...requests.filter((_, index) => verdicts[index]?.status === 'claimed').map(({ key }) => key));
}
store.close();
console.log(JSON.stringify(won));
