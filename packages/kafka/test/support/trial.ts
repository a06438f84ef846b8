import type { Consumer } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { onTestFinished } from 'vitest';
import type { KafkaCluster } from '../../../../scripts/servers/kafka.ts';
import { kafka } from '../../src/index.ts';
import type { ClientUnderTest } from './clients.ts';
import type { Delivery, Disturbance, Effect, Findings } from './history.ts';
import { examine } from './history.ts';
import { placeOf, recorded } from './recorded.ts';
import type { Stage } from './three-brokers.ts';
import { openStage } from './three-brokers.ts';
import { startTraffic } from './traffic.ts';
import { until } from './until.ts';

/** Two members of a group that share a store, traffic, and what becomes of it. */
export interface Trial {
  readonly stage: Stage;
  readonly members: readonly Consumer[];
  readonly effects: readonly Effect[];
  /** Does something that may make records come again, and waits until all members are there and have caught up. */
  disturb(what: () => Promise<void>): Promise<void>;
  /** Resolves when so many more events have taken effect. */
  goOn(count: number): Promise<void>;
  /** Publishes the rest, stops when all has taken effect, and looks at what became of it. */
  finish(): Promise<Findings>;
}

export interface TrialOptions {
  readonly library: ClientUnderTest;
  readonly topic: string;
  /** To be published at least. */
  readonly events: number;
  /** The addresses by which each member reaches the brokers. */
  readonly members: readonly (readonly string[])[];
  /** Those by which events are published. */
  readonly publisher: readonly string[];
}

export async function startTrial(
  cluster: KafkaCluster,
  { library, topic, events, members: ways, publisher }: TrialOptions,
): Promise<Trial> {
  const stage = await openStage(cluster, topic);
  const store = memoryStore();
  const effects: Effect[] = [];
  const deliveries: Delivery[] = [];
  const disturbances: Disturbance[] = [];

  const members = ways.map((brokers, index) => {
    const name = String(index);
    const source = kafka({
      client: library.connect(brokers),
      name: 'orders',
      topics: topic,
      group: topic,
      start: 'earliest',
      sessionTimeout: 6_000,
      fetch: { maxWait: 100 },
    });
    const consumer = createConsumer({
      name: 'billing',
      sources: [recorded(source, name, (batch) => void deliveries.push(...batch))],
      store,
      idempotency: { lease: 2_000 },
      log: silentLogger,
    });
    consumer.on('N', (message) => {
      const { n } = message.data as { readonly n: number };
      effects.push({ n, place: placeOf(message), member: name });
    });
    onTestFinished(() => consumer.stop({ now: true }));
    return consumer;
  });

  async function disturb(what: () => Promise<void>): Promise<void> {
    const from = Date.now();
    await what();
    await stage.calm(members.length);
    disturbances.push({ from, to: Date.now() });
  }

  const traffic = startTraffic(library.connect(publisher), topic, events);
  await disturb(async () => {
    await Promise.all(members.map((member) => member.start()));
  });

  return {
    stage,
    members,
    effects,
    disturb,
    async goOn(count) {
      const goal = effects.length + count;
      await until(() => effects.length >= goal, { within: 90_000, what: `${count} more effects` });
    },
    async finish() {
      const published = await traffic.finish();
      await until(() => effects.length >= published, { within: 120_000, what: 'all to take effect' });
      await Promise.all(members.map((member) => member.stop()));
      const [committed, ends] = await Promise.all([stage.committed(), stage.ends()]);
      return examine({ published, effects, deliveries, disturbances, committed, ends });
    },
  };
}
