import { setTimeout } from 'node:timers/promises';

/** Waits until the condition holds; answers what it answered. The test's own limit ends what never holds. */
export async function until<T>(condition: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (;;) {
    const found = await condition();
    if (found) return found;
    await setTimeout(10);
  }
}
