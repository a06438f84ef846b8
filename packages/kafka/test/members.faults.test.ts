import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KafkaCluster } from '../../../scripts/servers/kafka.ts';
import { findKafka, startKafka } from '../../../scripts/servers/kafka.ts';
import { skipWithout } from '../../../scripts/servers/skip-reason.ts';
import { clientForFaults } from './support/clients.ts';
import type { Disturbance } from './support/history.ts';
import { examine, leftUndone, nothingWrong, repeats } from './support/history.ts';
import { openLedger } from './support/ledger.ts';
import type { FromMember, MemberConfig } from './support/member-messages.ts';
import type { Program } from './support/process.ts';
import { startProgram } from './support/process.ts';
import { openStage } from './support/three-brokers.ts';
import { startTraffic } from './support/traffic.ts';
import { until } from './support/until.ts';

const jars = await findKafka();
const library = clientForFaults();
const missing = 'missing' in jars ? jars.missing : undefined;
const events = 100_000;

describe('members in processes of their own', { timeout: 600_000, ...skipWithout(missing) }, () => {
  let cluster: KafkaCluster;
  beforeAll(async () => {
    if ('missing' in jars) return;
    cluster = await startKafka(jars, { brokers: 3 });
  }, 240_000);
  afterAll(() => cluster.stop());

  it('join, leave, are killed and frozen: each of a hundred thousand events takes effect once', async () => {
    const topic = 'churn';
    const stage = await openStage(cluster, topic);
    const ledger = openLedger();
    const disturbances: Disturbance[] = [];

    function join(member: string): Program<FromMember> {
      const { brokers } = cluster;
      const { path, deliveriesOf } = ledger;
      const config: MemberConfig = {
        member,
        library: library.name,
        brokers,
        topic,
        ledger: path,
        deliveries: deliveriesOf(member),
      };
      return startProgram<FromMember>('member.ts', JSON.stringify(config));
    }

    async function disturb(members: number, what: () => Promise<unknown>): Promise<Disturbance> {
      const from = Date.now();
      await what();
      await stage.calm(members);
      const disturbance = { from, to: Date.now() };
      disturbances.push(disturbance);
      const goal = ledger.count() + 3_000;
      await until(() => ledger.count() >= goal, { within: 90_000, what: 'go on' });
      return disturbance;
    }

    const traffic = startTraffic(library.connect(cluster.brokers), topic, events);
    const [a, b] = [join('A'), join('B')];
    await disturb(2, () => stage.divided(2));
    const c = join('C');
    await disturb(3, () => stage.divided(3));

    const leaving = await disturb(2, async () => expect(await a.end('SIGTERM')).toBe(0));
    await disturb(1, async () => expect(await b.end('SIGKILL')).toBe('SIGKILL'));
    const d = join('D');
    await disturb(2, () => stage.divided(2));

    await disturb(2, async () => {
      c.tell('freeze');
      await until(() => c.said.length > 0);
      await stage.divided(1);
      const n = c.said[0]?.n ?? 0;
      await until(() => ledger.has(n), { what: 'the other to take over' });
      c.signal('SIGCONT');
      await until(() => c.said.length > 1);
      expect(c.said).toEqual([
        { kind: 'freezing', n },
        { kind: 'refused', n, code: 'LEASE_LOST' },
      ]);
    });

    // Somebody comes while somebody else dies.
    const e = join('E');
    await disturb(2, async () => {
      expect(await d.end('SIGKILL')).toBe('SIGKILL');
      // Before, the group is as calm as if nothing had happened: it does not know of either.
      const came = () => ledger.deliveries().some(({ member }) => member === 'E');
      await until(came, { within: 90_000, what: 'the one that comes to be given anything' });
    });

    const published = await traffic.finish();
    await until(() => ledger.count() >= published, { within: 120_000, what: 'all to take effect' });
    expect(await Promise.all([c, e].map((member) => member.end('SIGTERM')))).toEqual([0, 0]);
    const [effects, deliveries] = [ledger.effects(), ledger.deliveries()];
    const [committed, ends] = await Promise.all([stage.committed(), stage.ends()]);
    const found = examine({ published, effects, deliveries, disturbances, committed, ends });
    expect(found).toEqual(nothingWrong);
    // There was something for the claims to absorb.
    expect(repeats(deliveries, disturbances).expected).toBeGreaterThan(0);
    expect(leftUndone({ member: 'A', since: leaving.from }, effects, deliveries)).toEqual([]);
  });
});
