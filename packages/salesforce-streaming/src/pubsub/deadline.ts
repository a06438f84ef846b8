import type { Clock, MillraceError } from '@millrace/core';

/** How long it may last that nothing can be reached. */
export interface Deadline {
  /** Trouble: it runs from the first on. */
  start(reason: MillraceError): void;
  /** All is well again. */
  met(): void;
}

export function createDeadline(
  clock: Clock,
  milliseconds: number,
  onMissed: (reason: MillraceError) => void,
): Deadline {
  let cancel: (() => void) | undefined;
  return {
    start(reason) {
      if (milliseconds === Infinity) return;
      cancel ??= clock.setTimeout(() => onMissed(reason), milliseconds);
    },
    met() {
      cancel?.();
      cancel = undefined;
    },
  };
}
