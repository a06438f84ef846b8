import { setTimeout as pause } from 'node:timers/promises';

const batchSize = 20;
/** Milliseconds from one batch to the next: things happen while others are read. */
const betweenBatches = 50;
/** Milliseconds; more than it ever needs. */
const patience = 30_000;

export async function inBatches<Event>(
  events: readonly Event[],
  publish: (batch: readonly Event[]) => unknown,
  signal: AbortSignal,
): Promise<void> {
  for (let next = 0; next < events.length; next += batchSize) {
    await publish(events.slice(next, next + batchSize));
    await pause(betweenBatches, undefined, { signal });
  }
}

/** Or until it is no use to wait any longer: what does not come is for the audit to find. */
export async function until(isSo: () => boolean | Promise<boolean>, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await isSo()) && performance.now() < deadline) await pause(betweenBatches, undefined, { signal });
}

/** Parts of about the same size, in their order. */
export function split<Event>(events: readonly Event[], parts: number): readonly (readonly Event[])[] {
  const cut = (part: number) => Math.floor((events.length * part) / parts);
  return Array.from({ length: parts }, (_, part) => events.slice(cut(part), cut(part + 1)));
}
