import { expect, test } from 'vitest';
import { randomFaultKinds } from '../../../src/salesforce.ts';
import { rawClient, startOrg } from '../support/raw-client.ts';

const now = { advice: { timeout: 0 } };

async function outcomes(seed: number, requests = 40) {
  const org = await startOrg();
  const client = await (await rawClient(org)).start();
  const faults = org.randomFaults({ seed, every: 2, kinds: ['http-500', 'busy', 'empty-array'] });
  const statuses: number[] = [];
  for (let request = 0; request < requests; request += 1) statuses.push((await client.connect(now)).status);
  faults.stop();
  return { org, client, faults, statuses };
}

test('the same seed draws the same faults', async () => {
  const [one, same, other] = [await outcomes(5), await outcomes(5), await outcomes(6)];

  expect(same.statuses).toEqual(one.statuses);
  expect(same.faults.injected).toEqual(one.faults.injected);
  expect(other.statuses).not.toEqual(one.statuses);
});

test('one request in so many is hit, until it is stopped', async () => {
  const { org, client, faults } = await outcomes(5);

  const injected = Object.values(faults.injected).reduce((sum, count) => sum + count, 0);
  expect(injected).toBeGreaterThan(10);
  expect(injected).toBeLessThan(30);
  expect(org.counters.faults).toBe(injected);
  expect(Object.keys(faults.injected).toSorted()).toEqual(['busy', 'empty-array', 'http-500']);
  for (let request = 0; request < 20; request += 1) await client.connect(now);
  expect(org.counters.faults).toBe(injected);
});

test('says which seed it drew', async () => {
  const org = await startOrg();

  const { seed } = org.randomFaults();

  expect(Number.isInteger(seed)).toBe(true);
});

test('refuses to hit more than each request', async () => {
  const org = await startOrg();

  expect(() => org.randomFaults({ every: 0 })).toThrow('every');
});

test.each(randomFaultKinds.filter((kind) => kind !== 'black-hole'))(
  '%s is survived by the org',
  async (kind) => {
    const org = await startOrg();
    const client = await rawClient(org);
    const faults = org.randomFaults({ seed: 1, every: 1, kinds: [kind] });
    await client.handshake().catch(() => {});
    await client.connect(now).catch(() => {});
    await client.post(client.meta('subscribe', { subscription: '/event/Order__e' })).catch(() => {});
    expect(faults.injected[kind]).toBeGreaterThan(0);
    faults.stop();
    await client.renew();

    await client.handshake();
    expect((await client.connect(now)).messages[0]).toMatchObject({ successful: true });
  },
);
