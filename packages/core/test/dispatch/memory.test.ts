import { describe, expect, test } from 'vitest';

import { startProgram } from '../support/program.ts';

/** Loose: what is kept of each message by mistake, be it only a string, makes more than this. */
const bytesPerMessage = 40;

describe('a consumer that has handled 50,000 messages more', () => {
  test.each(['queue', 'log'])(
    'of a %s uses no more memory, and lets its process end when it stops',
    async (kind) => {
      const program = startProgram('memory-worker', [kind, '10000', '60000'], ['--expose-gc']);
      const before = Number(await program.nextLine());
      const after = Number(await program.nextLine());
      expect((after - before) / 50_000).toBeLessThan(bytesPerMessage);
      const { received, timers } = JSON.parse(await program.nextLine());
      expect(received).toBeGreaterThanOrEqual(60_000);
      expect(timers).toBe(0);
      expect(await program.ended).toEqual({ exit: 0, errors: '' });
    },
  );
});
