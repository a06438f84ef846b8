import { setTimeout } from 'node:timers/promises';
import type { TcpProxy } from '@millrace/testing';
import { tcpProxy } from '@millrace/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../../scripts/servers/free-port.ts';
import type { Detour, KafkaCluster } from '../../../scripts/servers/kafka.ts';
import { findKafka, startKafka } from '../../../scripts/servers/kafka.ts';
import { skipWithout } from '../../../scripts/servers/skip-reason.ts';
import { clientForFaults } from './support/clients.ts';
import { nothingWrong } from './support/history.ts';
import { startTrial } from './support/trial.ts';
import { until } from './support/until.ts';

const jars = await findKafka();
const events = 100_000;
const library = clientForFaults();
const missing = 'missing' in jars ? jars.missing : undefined;
/** Milliseconds that a network is cut: five times as long as the session of a member. */
const cut = 30_000;

describe('three brokers, a hundred thousand events', { timeout: 600_000, ...skipWithout(missing) }, () => {
  let cluster: KafkaCluster;
  let proxies: readonly TcpProxy[];
  /** The brokers' addresses by way of the proxies. */
  let proxied: readonly string[];

  beforeAll(async () => {
    if ('missing' in jars) return;
    const ports = [await freePort(), await freePort(), await freePort()];
    proxies = await Promise.all(ports.map((port) => tcpProxy({ target: { port } })));
    proxied = proxies.map(({ host, port }) => `${host}:${port}`);
    const detours = ports.map((port, broker): Detour => ({ port, advertised: proxies[broker]?.port ?? 0 }));
    cluster = await startKafka(jars, { brokers: 3, detours });
  }, 240_000);
  afterAll(async () => {
    await cluster.stop();
    await Promise.all(proxies.map((proxy) => proxy.close()));
  });

  const heal = () => Promise.all(proxies.map((proxy) => proxy.heal()));

  /** Members and a publisher that reach the brokers directly. */
  const startDirect = (topic: string) =>
    startTrial(cluster, {
      library,
      events,
      topic,
      members: [cluster.brokers, cluster.brokers],
      publisher: cluster.brokers,
    });

  it('are restarted one after the other', async () => {
    const { stage, disturb, goOn, finish } = await startDirect('rolling');
    for (const broker of [0, 1, 2]) {
      await goOn(3_000);
      await disturb(async () => {
        await cluster.stopBroker(broker);
        await goOn(3_000);
        await cluster.startBroker(broker);
        await stage.inSync();
      });
    }
    expect(await finish()).toEqual(nothingWrong);
  });

  it('lose the one that coordinates the group', async () => {
    const { stage, disturb, goOn, finish } = await startDirect('coordinator');
    await goOn(3_000);
    const lost = await stage.coordinator();
    await disturb(async () => {
      process.kill(cluster.pid(lost), 'SIGKILL');
      await goOn(10_000);
    });
    expect(await stage.coordinator()).not.toBe(lost);
    await goOn(3_000);
    await disturb(async () => {
      await cluster.stopBroker(lost);
      await cluster.startBroker(lost);
      await stage.inSync();
    });
    expect(await finish()).toEqual(nothingWrong);
  });

  it('are all gone for a while: the source says so', async () => {
    const { stage, members, disturb, goOn, finish } = await startDirect('outage');
    const statuses = () => members.map((member) => member.health().status);
    await goOn(3_000);
    await disturb(async () => {
      await Promise.all([0, 1, 2].map((broker) => cluster.stopBroker(broker)));
      await until(() => statuses().every((status) => status === 'degraded'), { within: 60_000 });
      // The outage goes on for a while after it was noticed.
      await setTimeout(5_000);
      await Promise.all([0, 1, 2].map((broker) => cluster.startBroker(broker)));
      await stage.inSync();
      // Who is back later than the other takes partitions away from it once more.
      await until(() => statuses().every((status) => status === 'ready'), { within: 60_000 });
    });
    expect(await finish()).toEqual(nothingWrong);
  });

  it('are out of reach of one member for 30 s, of which nobody is told', async () => {
    const { stage, members, effects, disturb, goOn, finish } = await startTrial(cluster, {
      library,
      events,
      topic: 'one-cut-off',
      members: [proxied, cluster.brokers],
      publisher: cluster.brokers,
    });
    onTestFinished(() => void heal());
    const [cutOff] = members;
    await goOn(3_000);
    await disturb(async () => {
      for (const proxy of proxies) proxy.blackHole();
      const over = setTimeout(cut);
      // The other one takes over.
      await stage.divided(1);
      expect(cutOff?.health().status).toBe('degraded');
      await over;
      await heal();
    });
    await until(() => cutOff?.health().status === 'ready');
    await goOn(3_000);
    expect(new Set(effects.slice(-1_000).map(({ member }) => member)).size).toBe(2);
    expect(await finish()).toEqual(nothingWrong);
  });

  it('are out of reach of everybody for 30 s: first nothing comes through, then connections close', async () => {
    const { members, disturb, goOn, finish } = await startTrial(cluster, {
      library,
      events,
      topic: 'all-cut-off',
      members: [proxied, proxied],
      publisher: proxied,
    });
    onTestFinished(() => void heal());
    const statuses = () => members.map((member) => member.health().status);
    await goOn(3_000);
    await disturb(async () => {
      for (const proxy of proxies) proxy.blackHole();
      await setTimeout(cut / 2);
      expect(statuses()).toEqual(['degraded', 'degraded']);
      await Promise.all(proxies.map((proxy) => proxy.refuse()));
      await setTimeout(cut / 2);
      await heal();
    });
    await until(() => statuses().every((status) => status === 'ready'), { within: 60_000 });
    expect(await finish()).toEqual(nothingWrong);
  });
});
