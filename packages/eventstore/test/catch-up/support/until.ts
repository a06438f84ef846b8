import { setTimeout } from 'node:timers/promises';

/** Waits for what must come; a test that waits in vain ends by its own time limit. */
export async function until(condition: () => unknown): Promise<void> {
  while (!condition()) await setTimeout(2);
}
