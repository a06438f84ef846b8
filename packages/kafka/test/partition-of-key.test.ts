import { randomBytes } from 'node:crypto';
import { Partitioners } from 'kafkajs';
import { expect, it } from 'vitest';
import { partitionOfKey } from '../src/publisher/partition-of-key.ts';

const theirs = Partitioners.DefaultPartitioner();
const partitionMetadata = Array.from({ length: 17 }, (_, partitionId) => ({
  partitionErrorCode: 0,
  partitionId,
  leader: 1,
  replicas: [],
  isr: [],
}));

it('keys go where the clients of Java and kafkajs put them', () => {
  const keys = [Buffer.from(''), Buffer.from('customer-7'), Buffer.from('Grüße')];
  for (let length = 1; length < 64; length += 1) keys.push(randomBytes(length));
  for (const key of keys) {
    const partition = theirs({ topic: 'orders', partitionMetadata, message: { key, value: null } });
    expect(partitionOfKey(key, 17), key.toString('hex')).toBe(partition);
  }
});
