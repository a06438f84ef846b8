import { expect, test } from 'vitest';
import { bench } from './support/running.ts';

const names = ['/event/A__e', '/event/B__e', '/topic/Open', '/u/notices'];
const seeds = (process.env['MILLRACE_SEED'] ?? '5,36,37').split(',').map(Number);

test.each(seeds)(
  'faults by chance, restarts and revoked tokens lose nothing and leave the order (seed %i)',
  async (seed) => {
    const { org, until, consume } = await bench({
      seed,
      channels: Object.fromEntries(names.map((name) => [name, {}])),
    });
    const published = new Map<string, string[]>(names.map((name) => [name, []]));
    const handled = new Map<string, string[]>(names.map((name) => [name, []]));
    const count = (lists: typeof published) =>
      [...lists.values()].reduce((sum, list) => sum + list.length, 0);
    let number = 0;

    function publish(events: number): void {
      for (let n = 0; n < events; n += 1) {
        const name = names[number % names.length] ?? '';
        number += 1;
        org.publish(name, name.startsWith('/u/') ? String(number) : { n__c: String(number) });
        published.get(name)?.push(String(number));
      }
    }

    const start = async () => {
      const consuming = consume({
        source: { channels: names, start: 'earliest', concurrency: 4, prefetch: 12 },
        handle: ({ channel = '', data }) => {
          handled.get(channel)?.push(String((data as { n__c?: string }).n__c ?? data));
        },
      });
      for (;;) {
        try {
          await consuming.start();
          return consuming;
        } catch (error) {
          // What does not pass by itself may fail a start; here all of it is by chance.
          if (!String((error as { code?: unknown }).code).startsWith('SALESFORCE_')) throw error;
        }
      }
    };

    for (let round = 0; round < 4; round += 1) {
      const consuming = await start();
      const faults = org.randomFaults({ seed: seed * 100 + round, every: 3 });
      for (let burst = 0; burst < 20; burst += 1) {
        publish(12);
        if (burst === 7) org.revokeTokens();
        if (burst === 14) org.kick();
        const goal = count(published) - 12;
        await until(() => count(handled) >= goal, { step: 1_000 });
      }
      faults.stop();
      await consuming.stop();
      publish(10);
    }
    const last = await start();
    await until(() => count(handled) >= number, { step: 1_000 });
    await last.stop();
    for (const name of names) expect(handled.get(name), name).toEqual(published.get(name));
    expect(org.counters.faults).toBeGreaterThan(20);
    expect(org.counters.mostSessions).toBeLessThanOrEqual(2);
  },
);
