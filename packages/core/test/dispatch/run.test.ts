import { describe, expect, test } from 'vitest';

import { MillraceError } from '../../src/errors.ts';
import { bench } from '../support/bench.ts';
import { heldHandler } from '../support/held-handler.ts';
import { manualClock } from '../support/manual-clock.ts';
import { startProgram } from '../support/program.ts';
import { refusal } from '../support/refusal.ts';
import { scriptedSource } from '../support/scripted-source.ts';

const run = (mode: string) => startProgram('run-worker', [mode]);
const cleanly = { exit: 0, errors: '' };

describe('a process that runs a consumer', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('drains on %s and ends with 0', async (signal) => {
    const program = run('works');
    await program.says('handling m1');
    program.kill(signal);
    await program.says('drain of orders started');
    program.tell('end');
    await program.says('drain of orders finished');
    await program.says('settled m1:done m2:release');
    await program.says('listeners 0');
    expect(await program.ended).toEqual(cleanly);
  });

  test.each([
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGINT'],
    ['SIGTERM', 'SIGINT'],
  ] as const)('that got %s stops at once on %s', async (first, second) => {
    const program = run('works');
    await program.says('handling m1');
    program.kill(first);
    await program.says('drain of orders started');
    program.kill(second);
    await program.says('drain of orders aborting');
    await program.says('settled m1:release m2:release');
    expect(await program.ended).toEqual(cleanly);
  });

  test.each(['hangs while it opens', 'is being verified'])(
    'ends with 0 on SIGTERM when a source %s',
    async (mode) => {
      const program = run(mode);
      await program.says('starting');
      program.kill('SIGTERM');
      await program.says('settled ');
      expect(await program.ended).toEqual(cleanly);
    },
  );

  test('ends with an error when a source can not be opened', async () => {
    const { exit, errors } = await run('can not be opened').ended;
    expect(exit).toBe(1);
    expect(errors).toContain('no route to host');
  });

  test('drains the other sources and ends with an error when one fails for good', async () => {
    const program = run('loses a source');
    await program.says('drain of orders finished');
    const { exit, errors } = await program.ended;
    expect(exit).toBe(1);
    expect(errors).toMatch(/SOURCE_FAILED/);
    expect(errors).toMatch(/The queue was deleted/);
  });

  test('goes on without a source that failed for good when it is to, and ends with 0', async () => {
    const program = run('goes on without a source');
    await program.says('handling m1');
    program.tell('end');
    await program.says('handling m2');
    program.kill('SIGTERM');
    await program.says('settled m1:done m2:done');
    expect(await program.ended).toEqual(cleanly);
  });
});

describe('run()', () => {
  function running() {
    const clock = manualClock();
    const source = scriptedSource({ clock });
    const set = bench(source, { clock });
    const held = heldHandler();
    set.consumer.on('Ping', { name: 'ping' }, held.handle);
    return { ...set, clock, source, held };
  }

  test('resolves when the consumer is stopped, and not before it has drained', async () => {
    const { consumer, source, held, idle } = running();
    let ended = false;
    const run = consumer.run().then(() => (ended = true));
    await idle();
    source.send({});
    await idle();
    void consumer.stop();
    await idle();
    expect(ended).toBe(false);
    held.finishAll();
    await run;
    expect(source.settledAs('done')).toEqual(['m1']);
  });

  test('rejects with what made the source fail, after the drain', async () => {
    const { consumer, source, held, clock } = running();
    const gone = new MillraceError('SOURCE_FAILED', 'The queue was deleted.');
    let refused: unknown;
    const run = consumer.run().catch((error: unknown) => {
      refused = error;
    });
    await clock.advance(0);
    source.send({ id: 'a' });
    await clock.advance(0);
    source.openAnswer = () => Promise.reject(gone);
    source.breakSession(new Error('connection reset'));
    await clock.advance(10_000);
    expect(refused).toBeUndefined();
    held.finishAll();
    await clock.advance(10_000);
    await run;
    expect(refused).toEqual(refusal('SOURCE_FAILED', /"orders" has failed .*The queue was deleted/));
    expect(refused).toMatchObject({ cause: gone });
    expect(source.settledAs('done')).toEqual(['a']);
  });

  test('leaves no listener behind, however it ends', async () => {
    const listeners = () => process.listenerCount('SIGTERM') + process.listenerCount('SIGINT');
    const before = listeners();
    const { consumer, source } = running();
    source.openAnswer = () => Promise.reject(new Error('no route to host'));
    const run = consumer.run();
    expect(listeners()).toBe(before + 2);
    await expect(run).rejects.toThrow('no route to host');
    expect(listeners()).toBe(before);
  });
});

test('a run that is stopped while it starts resolves; one of a stopped consumer does not begin', async () => {
  const source = scriptedSource();
  source.openAnswer = () => new Promise(() => {});
  const { consumer } = bench(source);
  consumer.on('Ping', () => {});
  const run = consumer.run();
  await consumer.stop();
  await run;
  await expect(consumer.run()).rejects.toEqual(refusal('CONSUMER_STATE', /create another/));
});
