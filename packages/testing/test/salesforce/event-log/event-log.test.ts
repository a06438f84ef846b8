import { expect, test } from 'vitest';
import { createEventLog } from '../../../src/salesforce/event-log/event-log.ts';
import { seededRandom } from '../../../src/salesforce/seeded-random.ts';
import { manualClock } from '../../../src/manual-clock.ts';

test('reads on after an event', () => {
  const log = createEventLog({ clock: manualClock(), random: seededRandom(1) });
  log.define('/event/Order__e');
  const [first, second, third] = [1, 2, 3].map((number) =>
    log.publish('/event/Order__e', { Number__c: number }),
  );

  expect(log.after('/event/Order__e', first!.replayId)).toEqual([second, third]);
  expect(log.after('/event/Order__e', -1n)).toEqual([]);
  expect(log.after('/event/Order__e', -2n)).toEqual([first, second, third]);
});
