import { setTimeout } from 'node:timers/promises';
import type { API, Broker, Connection } from '@platformatic/kafka';
import {
  apiVersionsV3,
  ConnectionPool,
  findCoordinatorV4,
  metadataV12,
  parseBroker,
  ProtocolError,
  protocolErrorsCodesById,
} from '@platformatic/kafka';
import { kafkaError } from '../errors.ts';
import { isWorthAnotherTry, platformaticFailure } from './failure.ts';
import type { PlatformaticOptions } from './options.ts';
import { notOffered } from './requests.ts';

/** A node of the cluster, by the number that brokers give to each other. */
export type NodeId = number;

/** The partitions of a topic, with the node that leads each; -1: none does. */
export type Leaders = ReadonlyMap<number, NodeId>;

/** By name. */
export type Topics = ReadonlyMap<string, Leaders>;

/** Connections to the brokers of a cluster, and who is who there. */
export interface Wire {
  /** Resolves with a connection to some broker. */
  any(): Promise<Connection>;
  to(node: NodeId): Promise<Connection>;
  /** By topic; of all that there are, when null. Rejects if one that is named can't be had, or leaves it out. */
  topics(names: readonly string[] | null, missing?: 'reject' | 'leave out'): Promise<Topics>;
  coordinator(group: string): Promise<NodeId>;
  /** Works, and tries again what may pass. Rejects with a KafkaError that begins with `what`. */
  insist<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** Breaks off what is under way. */
  close(): Promise<void>;
}

/** Milliseconds between tries. */
const pauses = [100, 200, 400, 800, 1_600];

export function openWire(options: PlatformaticOptions, requestTimeout = 30_000): Wire {
  const { bootstrapBrokers, clientId, ...connectionOptions } = options;
  const pool = new ConnectionPool(clientId, { ...connectionOptions, requestTimeout });
  // The library listens for one error of a connection. Nobody would hear of another one, which ends the process.
  pool.on('connecting', ({ connection }) => connection.on('error', () => {}));
  const bootstrap = bootstrapBrokers.map((broker) => parseBroker(broker, 9092));
  const closing = new AbortController();
  const { signal } = closing;
  let nodes = new Map<NodeId, Broker>();
  /** Rotates who is asked first, after a failure: one may accept connections and never answer. */
  let turn = 0;
  let isNewEnough = false;

  async function any(): Promise<Connection> {
    const known = [...nodes.values(), ...bootstrap];
    const first = turn % known.length;
    const connection = await pool.getFirstAvailable([...known.slice(first), ...known.slice(0, first)]);
    if (!isNewEnough) await checkVersions(connection);
    isNewEnough = true;
    return connection;
  }

  async function topics(
    names: readonly string[] | null,
    missing: 'reject' | 'leave out' = 'reject',
  ): Promise<Topics> {
    const answer = await ask(metadataV12.api, await any(), names && [...names], false, false);
    nodes = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    if (names !== null && missing === 'reject') for (const { errorCode } of answer.topics) check(errorCode);
    const found = answer.topics.filter(({ errorCode }) => errorCode === 0);
    return new Map(
      found.map(({ name, partitions }) => [
        name ?? '',
        new Map(partitions.map(({ partitionIndex, leaderId }) => [partitionIndex, leaderId])),
      ]),
    );
  }

  return {
    any,
    topics,
    async to(node) {
      if (!nodes.has(node)) await topics([]);
      const broker = nodes.get(node);
      if (broker === undefined) {
        throw kafkaError('KAFKA_UNREACHABLE', `No broker of the cluster has the number ${node} now.`);
      }
      return await pool.get(broker);
    },
    async coordinator(group) {
      const { coordinators } = await ask(findCoordinatorV4.api, await any(), 0, [group]);
      const [found] = coordinators;
      check(found?.errorCode ?? 0);
      const { nodeId = -1, host = '', port = 0 } = found ?? {};
      nodes.set(nodeId, { host, port });
      return nodeId;
    },
    async insist(what, work) {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await work();
        } catch (error) {
          turn += 1;
          const pause = pauses[attempt];
          const isOver = pause === undefined || signal.aborted || !isWorthAnotherTry(error);
          if (isOver) throw platformaticFailure(error, what);
          await setTimeout(pause, undefined, { signal }).catch(() => {});
        }
      }
    },
    async close() {
      closing.abort();
      await pool.close();
    },
  };
}

/** Resolves with what a broker answers, also where that holds errors. */
export async function ask<A extends unknown[], R>(
  api: API<A, R>,
  connection: Connection,
  ...request: A
): Promise<R> {
  try {
    return await api.async(connection, ...request);
  } catch (error) {
    // The library makes an error of all of them; what went well stands beside them.
    const { response } = error as { readonly response?: R };
    if (response === undefined) throw error;
    return response;
  }
}

/** Throws the protocol's error of that number, if it is one. */
export function check(errorCode: number): void {
  if (errorCode === 0) return;
  if (errorCode in protocolErrorsCodesById) throw new ProtocolError(errorCode);
  throw kafkaError('KAFKA_REQUEST_FAILED', `The broker has answered with error ${errorCode}.`);
}

async function checkVersions(connection: Connection): Promise<void> {
  const { apiKeys } = await ask(apiVersionsV3.api, connection, 'millrace', '1');
  const [missing] = notOffered(apiKeys);
  if (missing === undefined) return;
  throw kafkaError(
    'KAFKA_UNSUPPORTED',
    `The broker does not take the request ${missing}. Apache Kafka from 3.5 to 4.2 is needed.`,
  );
}
