import { once } from 'node:events';
import { quorumStore, redisStore, redlockStore } from '../../src/index.ts';

/** Claims all keys in calls of ten and prints those it got. */
const [kind = '', prefix = '', owner = '', count = '', ...given] = process.argv.slice(2);
// Each owner asks another server first, so that they do not all hear the same one first.
const first = Number(owner) % given.length;
const urls = [...given.slice(first), ...given.slice(0, first)];
const keys = Array.from({ length: Number(count) }, (_, index) => `id-${index}`);
// Half of the keys are asked for by all at the same instant. Of the others everybody starts at another place.
const half = keys.length / 2;
const start = half + ((30 * Number(owner)) % half);
const order = [...keys.slice(0, half), ...keys.slice(start), ...keys.slice(half, start)];

const [redis = ''] = urls;
const store =
  kind === 'redisStore'
    ? redisStore({ client: redis, prefix, timeout: 5_000 })
    : (kind === 'quorumStore' ? quorumStore : redlockStore)({ clients: urls, prefix, timeout: 5_000 });
await store.idempotency.claimMany([{ key: `warm-up of ${owner}` }], { owner, lease: 600_000 });
console.log('ready');
await once(process.stdin, 'data');
process.stdin.destroy();

const won: string[] = [];
const left: string[] = [];
for (let at = 0; at < order.length; at += 10) {
  const requests = order.slice(at, at + 10).map((key) => ({ key }));
  const verdicts = await store.idempotency.claimMany(requests, { owner, lease: 600_000 });
  requests.forEach(({ key }, index) => {
    const status = verdicts[index]?.status;
    if (status === 'claimed') won.push(key);
    else if (status !== 'busy') left.push(`${key}: ${status}`);
  });
}
await store.close();
console.log(JSON.stringify({ won, left }));
