import { setImmediate } from 'node:timers/promises';
import type { ReplayStorage } from '@millrace/core';
import { memoryStore } from '@millrace/core';
import { expect, it } from 'vitest';
import type { EventstoreClient, LogPosition, ServerFilter } from '../../src/client.ts';
import { bench } from './support/bench.ts';
import { seededRandom, seedsOr } from './support/seeded-random.ts';
import { until } from './support/until.ts';

/** The client, with somebody who takes each checkpoint for a place to go on from as soon as the client tells it. */
function overheard(
  client: EventstoreClient,
  onCheckpoint: (position: LogPosition) => void,
): EventstoreClient {
  return {
    subscribeToStream: (stream, options) => client.subscribeToStream(stream, options),
    readStream: (stream, options) => client.readStream(stream, options),
    readAll: (options) => client.readAll(options),
    dispose: () => client.dispose(),
    subscribeToAll({ filter, ...options }) {
      if (filter === undefined) return client.subscribeToAll(options);
      const checkpointReached: ServerFilter['checkpointReached'] = (subscription, position) => {
        onCheckpoint(position);
        filter.checkpointReached?.(subscription, position);
      };
      return client.subscribeToAll({ ...options, filter: { ...filter, checkpointReached } });
    },
  };
}

const commitOf = (marker: string) => BigInt(/^p:(\d+)\//.exec(marker)?.[1] ?? -1);

it.each(seedsOr('1,2,3,4,5'))(
  'no marker stands behind an event that is not handled, where the checkpoints of the client often do (MILLRACE_SEED=%i)',
  async (seed) => {
    const random = seededRandom(seed);
    const { server, client, append, consume } = await bench({ projections: false });
    for (let n = 1; n <= 500; n += 1) append(random() < 0.4 ? `order-${n % 5}` : 'noise', n, n);
    const wanted = server.log.filter(({ stream }) => stream.startsWith('order-'));
    const handled = new Set<bigint>();
    const isSafe = (position: bigint) =>
      wanted.every(({ position: { commit } }) => commit > position || handled.has(commit));
    const naive: boolean[] = [];
    const ours: boolean[] = [];
    const { replay: kept, ...store } = memoryStore();
    const replay: ReplayStorage = {
      ...kept,
      load: (key) => kept.load(key),
      async save(key, marker) {
        if (marker.position !== 'p:start') ours.push(isSafe(commitOf(marker.position)));
        return await kept.save(key, marker);
      },
    };

    const filter = { streams: { prefixes: ['order-'] }, checkpointInterval: 1, maxSearchWindow: 4 };
    const consuming = await consume({
      source: {
        client: overheard(client, ({ commit }) => naive.push(isSafe(commit))),
        from: { all: true, filter },
        concurrency: 1 + Math.floor(random() * 8),
      },
      consumer: { store: { ...store, replay, idempotency: undefined }, markers: { every: 1, interval: 1 } },
      async handle({ position = '' }) {
        for (let turns = Math.floor(random() * 4); turns > 0; turns -= 1) await setImmediate();
        handled.add(commitOf(position));
      },
    });
    await until(() => consuming.messages.length === wanted.length);
    await consuming.consumer.stop();

    expect(naive.length).toBeGreaterThan(50);
    expect(naive.filter((safe) => !safe).length).toBeGreaterThan(20);
    expect(ours.length).toBeGreaterThan(10);
    expect(ours.filter((safe) => !safe)).toEqual([]);
  },
);
