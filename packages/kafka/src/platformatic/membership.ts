import type { Connection } from '@platformatic/kafka';
import { heartbeatV4, joinGroupV9, leaveGroupV5, offsetCommitV8, syncGroupV5 } from '@platformatic/kafka';
import type { MemberOptions, PartitionOffset, TopicPartition } from '../client/port.ts';
import { divide, protocolsOf, readAssignment, wantedTopics } from './division.ts';
import { protocolErrorOf } from './failure.ts';
import type { NodeId, Topics, Wire } from './wire.ts';
import { ask, check } from './wire.ts';

/** What this member was given, and whether what it had before was its own all the while. */
export interface Share {
  readonly partitions: readonly TopicPartition[];
  readonly kept: boolean;
}

/**
 * A place in a group, by the requests of Kafka's classic protocol. What the library has for it joins anew by itself after any
 * refusal, also one that says that another member has taken its `instanceId`, and then commits what it had in hand for
 * partitions that may be another's.
 */
export interface Membership {
  /** Resolves when the group is divided. Rejects with the protocol's error. */
  join(): Promise<Share>;
  /** Resolves when the coordinator has answered that all is well. */
  beat(): Promise<void>;
  /** As who this member is now, however long it takes. */
  commit(offsets: readonly PartitionOffset[]): Promise<void>;
  /** True if topics have other partitions than the ones that this member, leading the group, has divided. */
  isOutdated(): Promise<boolean>;
  /** Does nothing where the membership is static, so that a restart finds its place. */
  leave(): Promise<void>;
}

export type MembershipOptions = Pick<
  MemberOptions,
  'group' | 'instanceId' | 'topics' | 'sessionTimeout' | 'rebalanceTimeout'
> & {
  /** For what is answered at once. */
  readonly wire: Wire;
  /** For what waits until all members are there. */
  readonly patientWire: Wire;
};

const protocolType = 'consumer';
/** The protocol's number of MEMBER_ID_REQUIRED: https://kafka.apache.org/protocol#protocol_error_codes */
const memberIdRequired = 79;
const none = -1;

export function createMembership(options: MembershipOptions): Membership {
  const { group, topics, wire, patientWire } = options;
  const instanceId = options.instanceId ?? null;
  let coordinator: NodeId | undefined;
  let memberId = '';
  let generation = none;
  /** The last generation in which this member was given partitions, and as who. */
  let settled = { memberId: '', generation: none };
  /** What this member has divided, leading the group. */
  let divided: { readonly wanted: readonly string[]; readonly topics: Topics } | undefined;

  /** Asks the coordinator, and forgets who that is when it is another one. */
  async function coordinating<T>(over: Wire, work: (connection: Connection) => Promise<T>): Promise<T> {
    const node = (coordinator ??= await wire.coordinator(group));
    try {
      return await work(await over.to(node));
    } catch (error) {
      const refusal = protocolErrorOf(error);
      if (refusal === undefined || /COORDINATOR/.test(refusal)) coordinator = undefined;
      throw error;
    }
  }

  /** The same, as a member; who is unknown joins as a new one. */
  async function belonging<T>(over: Wire, work: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await coordinating(over, work);
    } catch (error) {
      if (protocolErrorOf(error) === 'UNKNOWN_MEMBER_ID') [memberId, generation] = ['', none];
      throw error;
    }
  }

  const askToJoin = () =>
    belonging(patientWire, async (connection) => {
      const { sessionTimeout, rebalanceTimeout } = options;
      const ways = protocolsOf(topics);
      const request = [
        group,
        sessionTimeout,
        rebalanceTimeout,
        memberId,
        instanceId,
        protocolType,
        ways,
      ] as const;
      const answer = await ask(joinGroupV9.api, connection, ...request);
      if (answer.errorCode !== memberIdRequired) check(answer.errorCode);
      return answer;
    });

  async function join(): Promise<Share> {
    let joined = await askToJoin();
    if (joined.errorCode === memberIdRequired) {
      ({ memberId } = joined);
      joined = await askToJoin();
    }
    check(joined.errorCode);
    ({ memberId } = joined);
    const { generationId, protocolName, members } = joined;
    const wanted = wantedTopics(members);
    const leads = joined.leader === memberId;
    const found = leads ? await wire.topics(wanted, 'leave out') : undefined;
    // After the restart of a static leader all stays as it was.
    const shares = found && !joined.skipAssignment ? divide(members, found) : [];
    const { assignment } = await belonging(patientWire, async (connection) => {
      const request = [
        group,
        generationId,
        memberId,
        instanceId,
        protocolType,
        protocolName,
        shares,
      ] as const;
      const answer = await ask(syncGroupV5.api, connection, ...request);
      check(answer.errorCode);
      return answer;
    });
    const kept = settled.memberId === memberId && generationId - settled.generation <= 1;
    settled = { memberId, generation: generationId };
    generation = generationId;
    divided = found && { wanted, topics: found };
    return { partitions: readAssignment(assignment), kept };
  }

  return {
    join,
    beat: () =>
      belonging(wire, async (connection) => {
        check((await ask(heartbeatV4.api, connection, group, generation, memberId, instanceId)).errorCode);
      }),
    async commit(offsets) {
      const as = [group, generation, memberId, instanceId] as const;
      const byTopic = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, ofTopic]) => ({
        name,
        partitions: ofTopic.map(({ partition, offset }) => ({
          partitionIndex: partition,
          committedOffset: offset,
          committedLeaderEpoch: -1,
        })),
      }));
      await wire.insist(`Group "${group}" could not commit`, () =>
        coordinating(wire, async (connection) => {
          const answer = await ask(offsetCommitV8.api, connection, ...as, byTopic);
          const answers = answer.topics.flatMap(({ partitions }) => partitions);
          for (const { errorCode } of answers) check(errorCode);
        }),
      );
    },
    async isOutdated() {
      if (divided === undefined) return false;
      const now = await wire.topics(divided.wanted, 'leave out');
      const before = divided.topics;
      return divided.wanted.some((topic) => now.get(topic)?.size !== before.get(topic)?.size);
    },
    async leave() {
      if (memberId === '' || instanceId !== null) return;
      await coordinating(wire, (connection) => ask(leaveGroupV5.api, connection, group, [{ memberId }]));
    },
  };
}
