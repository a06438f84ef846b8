import { Connection } from '@platformatic/kafka';
import { expect, it } from 'vitest';
import { openProducer } from '../../src/platformatic/producer.ts';
import type { NodeId, Wire } from '../../src/platformatic/wire.ts';

const notLeader = 6;
const record = { key: null, value: 'a', headers: [], timestamp: 0, partition: 0 };

/** Two brokers, of which one leads the only partition, and a count of the questions who that is. */
function cluster() {
  let leader: NodeId = 1;
  let asked = 0;
  let offset = 0n;

  /** Answers a produce request as the library hands the answer over. */
  function connectionTo(node: NodeId): Connection {
    const answer = () => {
      const [errorCode, baseOffset] = node === leader ? [0, offset++] : [notLeader, -1n];
      return { responses: [{ name: 'orders', partitionResponses: [{ index: 0, errorCode, baseOffset }] }] };
    };
    const send = (...request: readonly unknown[]) =>
      (request.at(-1) as (error: null, answer: unknown) => void)(null, answer());
    return Object.assign(new Connection('test'), { send });
  }

  const wire: Wire = {
    any: async () => connectionTo(1),
    to: async (node) => connectionTo(node),
    async topics() {
      asked += 1;
      return new Map([['orders', new Map([[0, leader]])]]);
    },
    coordinator: async () => 1,
    insist: (_, work) => work(),
    close: async () => {},
  };
  return { wire, move: () => (leader = 2), asked: () => asked };
}

it('asks once who leads, and once more when a broker does so no longer', async () => {
  const { wire, move, asked } = cluster();
  const producer = await openProducer(wire, { acks: 'all', idempotent: false, compression: undefined });
  for (const offset of [0n, 1n, 2n]) {
    expect(await producer.send('orders', [record])).toEqual([{ partition: 0, offset }]);
  }
  expect(asked()).toBe(1);
  move();
  expect(await producer.send('orders', [record])).toEqual([{ partition: 0, offset: 3n }]);
  expect(asked()).toBe(2);
});
