import { setTimeout } from 'node:timers/promises';

/** Asks until the answer is no error, for some ten seconds: a topic that was only just made is not known everywhere. */
export async function untilAnswered(ask: () => Promise<unknown>): Promise<void> {
  for (let left = 100; ; left -= 1) {
    try {
      await ask();
      return;
    } catch (error) {
      if (left === 0) throw error;
    }
    await setTimeout(100);
  }
}
