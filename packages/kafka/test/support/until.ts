import { setTimeout } from 'node:timers/promises';

/** Waits for a condition, for at most so many milliseconds. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  { within = 30_000, what = String(holds) } = {},
): Promise<void> {
  const end = performance.now() + within;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`It never came true: ${what}`);
    await setTimeout(10);
  }
}
