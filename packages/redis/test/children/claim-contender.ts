import { once } from 'node:events';
import { quorumStore, redisStore, redlockStore } from '../../src/index.ts';

/** Claims all keys in calls of ten, in an order of its own, until somebody has each; prints those it got. */
const [kind = '', prefix = '', owner = '', count = '', ...given] = process.argv.slice(2);
// Each owner asks another server first, so that they do not all hear the same one first.
const first = Number(owner) % given.length;
const urls = [...given.slice(first), ...given.slice(0, first)];
const keys = Array.from({ length: Number(count) }, (_, index) => `id-${index}`);
// Each owner starts at another place, a few calls apart: they meet again and again.
const offset = (Number(owner) * 30) % keys.length;
const order = [...keys.slice(offset), ...keys.slice(0, offset)];

const [redis = ''] = urls;
const store =
  kind === 'redisStore'
    ? redisStore({ redis, prefix, timeout: 5_000 })
    : (kind === 'quorumStore' ? quorumStore : redlockStore)({ nodes: urls, prefix, timeout: 5_000 });
await store.idempotency.claimMany([{ key: `warm-up of ${owner}` }], { owner, lease: 600_000 });
console.log('ready');
await once(process.stdin, 'data');
process.stdin.destroy();

const won: string[] = [];
const left: string[] = [];
for (let start = 0; start < order.length; start += 10) {
  const requests = order.slice(start, start + 10).map((key) => ({ key }));
  const verdicts = await store.idempotency.claimMany(requests, { owner, lease: 600_000 });
  requests.forEach(({ key }, index) => {
    const status = verdicts[index]?.status;
    if (status === 'claimed') won.push(key);
    else if (status !== 'busy') left.push(`${key}: ${status}`);
  });
}
await store.close();
console.log(JSON.stringify({ won, left }));
