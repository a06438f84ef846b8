import { vi } from 'vitest';

/** Waits for as long as it may take on a machine that is busy with other things. */
export function eventually<T>(look: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(look, { timeout: 20_000, interval: 10 });
}
