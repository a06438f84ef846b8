import type { Clock } from '@millrace/core';

/** Aborts work when its caller does, or when time is up. */
export interface Deadline {
  readonly signal: AbortSignal;
  readonly expired: boolean;
  /** How long it is from the start, in milliseconds. */
  readonly milliseconds: number;
  /** Leaves at least this much from now. */
  extend(milliseconds: number): void;
  clear(): void;
}

export function startDeadline(clock: Clock, milliseconds: number, caller?: AbortSignal): Deadline {
  const controller = new AbortController();
  const started = clock.monotonic();
  let end = started + milliseconds;
  let expired = false;

  const expire = () => {
    expired = true;
    controller.abort();
  };
  const abort = () => controller.abort(caller?.reason);
  let cancel = clock.setTimeout(expire, milliseconds);
  caller?.addEventListener('abort', abort, { once: true });
  if (caller?.aborted) abort();

  return {
    signal: controller.signal,
    get expired() {
      return expired;
    },
    get milliseconds() {
      return end - started;
    },
    extend(milliseconds) {
      const now = clock.monotonic();
      if (now + milliseconds <= end) return;
      end = now + milliseconds;
      cancel();
      cancel = clock.setTimeout(expire, milliseconds);
    },
    clear() {
      cancel();
      caller?.removeEventListener('abort', abort);
    },
  };
}
