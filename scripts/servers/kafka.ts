import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildOnce } from './build-once.ts';
import { freePort } from './free-port.ts';
import type { ServerProcess } from './server-process.ts';
import { startServer } from './server-process.ts';

/** Those that the tests were run with. */
export type KafkaVersion = '4.1.1' | '3.9.1';

export interface KafkaJars {
  /** A class path. */
  readonly jars: string;
}

export interface KafkaMissing {
  readonly missing: string;
}

const repositoryCache = join(import.meta.dirname, '../../.cache');
const run = promisify(execFile);
/** Milliseconds. */
const patience = 600_000;

/**
 * Apache Kafka as Maven Central has it, fetched into the repository's `.cache`. Java 17 or newer and Maven have to be
 * there. `MILLRACE_KAFKA=3.9.1` takes the older version.
 */
export async function findKafka(version = wantedKafka()): Promise<KafkaJars | KafkaMissing> {
  const folder = join(repositoryCache, `kafka-${version}`);
  const reason = await buildOnce(folder, async (building) => {
    const project = await mkdtemp(join(tmpdir(), 'millrace-kafka-jars-'));
    try {
      await writeFile(join(project, 'pom.xml'), pom(version));
      const copy = [
        'dependency:copy-dependencies',
        '-DincludeScope=runtime',
        `-DoutputDirectory=${building}`,
      ];
      await run('mvn', ['-q', '-B', ...copy], { cwd: project, timeout: patience });
    } finally {
      await rm(project, { recursive: true, force: true });
    }
  });
  return reason === undefined
    ? { jars: join(folder, '*') }
    : { missing: `Apache Kafka ${version} can't be had, for which Java 17 and Maven are needed (${reason})` };
}

function wantedKafka(): KafkaVersion {
  return process.env['MILLRACE_KAFKA'] === '3.9.1' ? '3.9.1' : '4.1.1';
}

/** With a logger that writes to stderr: without one a broker starts in silence. */
function pom(version: KafkaVersion): string {
  const dependency = (group: string, artifact: string, which: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${which}</version></dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>millrace</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    ${dependency('org.apache.kafka', 'kafka_2.13', version)}
    ${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}
  </dependencies>
</project>
`;
}

export interface KafkaCluster {
  /** `127.0.0.1:port` of each broker. */
  readonly brokers: readonly string[];
  /** The same of a listener that was asked for. */
  addressesOf(listener: string): readonly string[];
  /** The process of a broker, by its place in `brokers`. */
  pid(broker: number): number;
  stopBroker(broker: number): Promise<void>;
  startBroker(broker: number): Promise<void>;
  stop(): Promise<void>;
}

/** A second way to a broker, for clients that come by something in between, such as a proxy. */
export interface Detour {
  /** Where the broker listens. */
  readonly port: number;
  /** The loopback port that it gives to clients that have come this way. */
  readonly advertised: number;
}

export interface KafkaClusterOptions {
  /** @default 1 */
  readonly brokers?: number;
  /** More of `server.properties`. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Listeners beside the one without security: the protocol of each, by its name. */
  readonly listeners?: Readonly<Record<string, string>>;
  /** Arguments for formatting the storage, such as users to begin with. */
  readonly format?: readonly string[];
  /** By broker. */
  readonly detours?: readonly Detour[];
}

/** Starts brokers, each of which is a controller too, on free loopback ports and with empty logs. */
export async function startKafka(
  { jars }: KafkaJars,
  { brokers: count = 1, settings = {}, listeners = {}, format = [], detours = [] }: KafkaClusterOptions = {},
): Promise<KafkaCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-kafka-'));
  // At the beginning of an argument a hyphen means something else.
  const clusterId = randomBytes(16).toString('base64url').replace(/^-/, '_');
  const nodes: Node[] = [];
  for (let id = 1; id <= count; id += 1) {
    const detour = detours[id - 1];
    const more: Listener[] = detour ? [{ name: 'DETOUR', protocol: 'PLAINTEXT', ...detour }] : [];
    for (const [name, protocol] of Object.entries(listeners)) {
      more.push({ name, protocol, port: await freePort() });
    }
    nodes.push({ id, port: await freePort(), controller: await freePort(), more });
  }
  const voters = nodes.map(({ id, controller }) => `${id}@127.0.0.1:${controller}`).join(',');
  const processes = new Map<number, ServerProcess>();

  const fileOf = (id: number) => join(folder, `broker-${id}.properties`);
  const java = (...args: readonly string[]) => javaArguments(jars, ...args);

  async function start(broker: number): Promise<void> {
    const { id } = nodes[broker] ?? { id: 0 };
    const server = await startServer({
      command: 'java',
      args: java('kafka.Kafka', fileOf(id)),
      ready: /Kafka Server started/,
      // Three of them start at once, and each has to find the others.
      within: 180_000,
    });
    processes.set(broker, server);
  }

  async function stopBroker(broker: number): Promise<void> {
    await processes.get(broker)?.stop();
    processes.delete(broker);
  }

  async function stop(): Promise<void> {
    await Promise.all(nodes.map((_, broker) => stopBroker(broker)));
    await rm(folder, { recursive: true, force: true });
  }

  try {
    for (const node of nodes) {
      const properties = propertiesOf({ ...node, folder, voters, count, settings });
      await writeFile(fileOf(node.id), properties);
      await run(
        'java',
        java(
          'kafka.tools.StorageTool',
          'format',
          '--cluster-id',
          clusterId,
          '-c',
          fileOf(node.id),
          ...format,
        ),
      );
    }
    await Promise.all(nodes.map((_, broker) => start(broker)));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    brokers: nodes.map(addressOf),
    addressesOf: (listener) =>
      nodes.flatMap(({ more }) => more.filter(({ name }) => name === listener).map(addressOf)),
    pid: (broker) => processes.get(broker)?.pid ?? 0,
    stopBroker,
    startBroker: start,
    stop,
  };
}

/** For a program of Kafka's. */
export function javaArguments(jars: string, ...args: readonly string[]): readonly string[] {
  return ['-Xms64m', '-Xmx400m', '-XX:TieredStopAtLevel=1', '-cp', jars, ...args];
}

interface Listener {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  /** The port that it gives to clients, if it is another one. */
  readonly advertised?: number;
}

interface Node {
  readonly id: number;
  readonly port: number;
  readonly controller: number;
  readonly more: readonly Listener[];
}

const addressOf = ({ port }: { readonly port: number }) => `127.0.0.1:${port}`;

interface BrokerProperties extends Node {
  readonly folder: string;
  readonly voters: string;
  readonly count: number;
  readonly settings: Readonly<Record<string, string | number>>;
}

function propertiesOf(options: BrokerProperties): string {
  const { id, port, controller, folder, voters, count, settings } = options;
  const replicas = Math.min(3, count);
  const listeners = [{ name: 'PLAINTEXT', protocol: 'PLAINTEXT', port }, ...options.more];
  const listening = listeners.map((listener) => `${listener.name}://${addressOf(listener)}`);
  const advertised = listeners.map(
    (listener) => `${listener.name}://${addressOf({ port: listener.advertised ?? listener.port })}`,
  );
  const protocols = listeners.map(({ name, protocol }) => `${name}:${protocol}`);
  const properties: Readonly<Record<string, string | number>> = {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': voters,
    listeners: [...listening, `CONTROLLER://127.0.0.1:${controller}`].join(','),
    'advertised.listeners': advertised.join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': ['CONTROLLER:PLAINTEXT', ...protocols].join(','),
    'log.dirs': join(folder, `data-${id}`),
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': count === 1 ? 1 : 4,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': Math.min(2, replicas),
    'default.replication.factor': replicas,
    'min.insync.replicas': Math.min(2, replicas),
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1_000,
    ...settings,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
