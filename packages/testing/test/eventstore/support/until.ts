import { setTimeout } from 'node:timers/promises';

/** Waits until a condition holds; the test's own limit ends a wait for nothing. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setTimeout(2);
}

/** All that an iteration brings, to its end. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** What a promise rejects with. */
export async function rejection(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('It was expected to reject, and did not.');
}
