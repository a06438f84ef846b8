import { expect, it } from 'vitest';
import type { KafkajsLike } from '../src/client/kafkajs-like.ts';
import { createKafkajsMember } from '../src/client/kafkajs-member.ts';
import type { KafkaError } from '../src/errors.ts';

/** What a consumer of kafkajs told while a broker of three was restarted, played to a member. */
async function play(...events: readonly (readonly [name: string, payload?: object])[]) {
  const listeners = new Map<string, (event: object) => void>();
  const consumer = {
    connect: async () => {},
    disconnect: async () => {},
    subscribe: async () => {},
    run: async () => {},
    on: (name: string, listener: (event: object) => void) => listeners.set(name, listener),
  };
  const crashes: KafkaError[] = [];
  const told: string[] = [];
  const member = createKafkajsMember(
    { consumer: () => consumer } as unknown as KafkajsLike,
    {
      group: 'billing',
      instanceId: undefined,
      topics: ['orders'],
      sessionTimeout: 6_000,
      rebalanceTimeout: 60_000,
      heartbeatInterval: 600,
      maxWait: 100,
      metadataMaxAge: 60_000,
      maxBytesPartition: 1_000,
      onBatch() {},
      onOutOfRange() {},
      onAssigned: () => void told.push('assigned'),
      onRebalancing: () => void told.push('rebalancing'),
      onAlive: () => void told.push('alive'),
      onCrash: (error) => void crashes.push(error),
    },
    () => {},
  );
  await member.join();
  for (const [name, payload = {}] of events) listeners.get(`consumer.${name}`)?.({ payload });
  return { crashes, told };
}

const division = { memberId: 'member-1', memberAssignment: { orders: [0] } };

it('a membership that kafkajs goes on with though joining anew has failed is over', async () => {
  const { crashes } = await play(['group_join', division], ['rebalancing'], ['heartbeat']);
  expect(crashes).toMatchObject([{ code: 'KAFKA_REBALANCING' }]);
});

it('one that was joined anew is not', async () => {
  const { crashes, told } = await play(
    ['group_join', division],
    ['heartbeat'],
    ['rebalancing'],
    ['group_join', division],
    ['heartbeat'],
  );
  expect(crashes).toEqual([]);
  expect(told).toEqual(['alive', 'assigned', 'alive', 'rebalancing', 'alive', 'assigned', 'alive']);
});
