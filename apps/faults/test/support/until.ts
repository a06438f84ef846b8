import { setTimeout } from 'node:timers/promises';

/** Milliseconds after which what a test waits for will not come any more. */
const patience = 40_000;

/** Waits until the condition holds; answers what it answered. Rejects with the condition when it does not come true. */
export async function until<T>(condition: () => T | Promise<T>): Promise<NonNullable<T>> {
  const giveUpAt = performance.now() + patience;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (performance.now() > giveUpAt) throw new Error(`Has not come true: ${String(condition)}`);
    await setTimeout(10);
  }
}
