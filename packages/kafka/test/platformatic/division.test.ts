import { encodeConsumerProtocolSubscription } from '@platformatic/kafka';
import { expect, it } from 'vitest';
import { divide, readAssignment, wantedTopics } from '../../src/platformatic/division.ts';

const member = (memberId: string, topics: string[], groupInstanceId?: string) => ({
  memberId,
  groupInstanceId,
  metadata: encodeConsumerProtocolSubscription({ version: 0, topics }),
});

const topic = (partitions: number) =>
  new Map(Array.from({ length: partitions }, (_, partition) => [partition, 1] as const));

/** Who gets what, as `topic[partition]`. */
function shares(...parameters: Parameters<typeof divide>): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    divide(...parameters).map(({ memberId, assignment }) => [
      memberId,
      readAssignment(assignment).map((it) => `${it.topic}[${it.partition}]`),
    ]),
  );
}

it('partitions go to members by turns', () => {
  const members = [member('b', ['x', 'y']), member('a', ['x', 'y'])];
  const topics = new Map([
    ['x', topic(3)],
    ['y', topic(2)],
  ]);
  expect(shares(members, topics)).toEqual({ a: ['x[0]', 'x[2]', 'y[1]'], b: ['x[1]', 'y[0]'] });
});

it('a member gets partitions of its own topics only, and may get none', () => {
  const members = [member('a', ['x']), member('b', ['y']), member('c', ['x'])];
  const topics = new Map([
    ['x', topic(1)],
    ['y', topic(2)],
    ['z', topic(2)],
  ]);
  expect(shares(members, topics)).toEqual({ a: ['x[0]'], b: ['y[0]', 'y[1]'], c: [] });
  expect(wantedTopics(members)).toEqual(['x', 'y']);
});

it('who has an instance keeps its share under another name', () => {
  const topics = new Map([['x', topic(2)]]);
  const before = shares([member('m1', ['x'], 'one'), member('m2', ['x'], 'two')], topics);
  const after = shares([member('m9', ['x'], 'one'), member('m2', ['x'], 'two')], topics);
  expect(after['m9']).toEqual(before['m1']);
  expect(after['m2']).toEqual(before['m2']);
});
