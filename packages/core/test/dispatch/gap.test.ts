import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, onTestFinished, test } from 'vitest';

import { MillraceError } from '../../src/errors.ts';
import { toPosition } from '../../src/message.ts';
import { bench } from '../support/bench.ts';
import { scriptedLog } from '../support/scripted-log.ts';

async function started() {
  const source = scriptedLog({ details: () => ({ state: 'polling' }) });
  const set = bench(source);
  set.consumer.on('Ping', { name: 'ping' }, () => {});
  await set.consumer.start();
  return { ...set, source, health: () => set.consumer.health().sources['journal'] };
}

test('a gap is in the log, in the health report and on its diagnostics channel', async () => {
  const heard: unknown[] = [];
  const listener = (event: unknown) => void heard.push(event);
  subscribe('millrace:gap', listener);
  onTestFinished(() => void unsubscribe('millrace:gap', listener));
  const { source, health, clock, log } = await started();
  expect(health()?.lastGap).toBeUndefined();

  const cause = new MillraceError('POSITION_INVALID', 'It is no longer kept.');
  source.context?.gap({ channel: 'a', position: toPosition('p7'), resumed: 'earliest', cause });

  expect(heard).toEqual([{ source: 'journal', channel: 'a', position: 'p7', resumed: 'earliest', cause }]);
  expect(health()?.lastGap).toMatchObject({
    channel: 'a',
    resumed: 'earliest',
    at: clock.now(),
    reason: { code: 'POSITION_INVALID', message: 'It is no longer kept.' },
  });
  const lines = log.lines.filter(({ fields }) => fields?.['channel'] === 'a');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ level: 'warn', fields: { position: 'p7', resumed: 'earliest' } });
});

test('a session tells what it knows in the health report', async () => {
  const { health } = await started();
  expect(health()?.details).toEqual({ state: 'polling' });
});
