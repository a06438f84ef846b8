import {
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
} from '@platformatic/kafka';
import type { TopicPartition } from '../client/port.ts';
import type { Topics } from './wire.ts';

/** As JoinGroup takes and answers them. */
interface Member {
  readonly memberId: string;
  readonly groupInstanceId?: string | null | undefined;
  readonly metadata: Buffer;
}

/** What Java calls dividing by turns, and what kafkajs calls it: members of both share a group while one replaces the other. */
const names = ['roundrobin', 'RoundRobinAssigner'];

/** How this member would divide partitions, and of which topics it wants some. */
export function protocolsOf(topics: readonly string[]): { name: string; metadata: Buffer }[] {
  const metadata = encodeConsumerProtocolSubscription({ version: 0, topics: [...topics] });
  return names.map((name) => ({ name, metadata }));
}

/** All topics that any member wants some of. */
export function wantedTopics(members: readonly Member[]): readonly string[] {
  return [...new Set(members.flatMap(topicsOf))].toSorted();
}

/** Gives the partitions to the members that want their topic, by turns. */
export function divide(
  members: readonly Member[],
  topics: Topics,
): { memberId: string; assignment: Buffer }[] {
  // Who is known by an instance keeps its place in the row, whatever it is called this time.
  const row = members.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  const shares = new Map(row.map(({ memberId }) => [memberId, new Map<string, number[]>()]));
  let turn = 0;
  for (const [topic, leaders] of topics) {
    const wanting = row.filter((member) => topicsOf(member).includes(topic));
    if (wanting.length === 0) continue;
    for (const partition of [...leaders.keys()].toSorted((a, b) => a - b)) {
      const share = shares.get(wanting[turn % wanting.length]?.memberId ?? '');
      share?.set(topic, [...(share.get(topic) ?? []), partition]);
      turn += 1;
    }
  }
  return [...shares].map(([memberId, share]) => ({
    memberId,
    assignment: encodeConsumerProtocolAssignment({
      version: 0,
      assignedPartitions: [...share].map(([topic, partitions]) => ({ topic, partitions })),
    }),
  }));
}

export function readAssignment(assignment: Buffer): readonly TopicPartition[] {
  return decodeConsumerProtocolAssignment(assignment).assignedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}

function topicsOf({ metadata }: Member): readonly string[] {
  return decodeConsumerProtocolSubscription(metadata).topics;
}

function placeOf({ groupInstanceId, memberId }: Member): string {
  return groupInstanceId ?? memberId;
}
