import { setTimeout as pause } from 'node:timers/promises';

/** Waits until the condition holds; answers what it answered. A condition that never holds ends with the test's own limit. */
export async function until<T>(condition: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (;;) {
    const found = await condition();
    if (found) return found;
    await pause(5);
  }
}
