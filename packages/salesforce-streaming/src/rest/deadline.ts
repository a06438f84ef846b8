import type { Clock } from '@millrace/core';

/** Whether the error says that a deadline has passed. */
export function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}

/**
 * Does the work with a signal that aborts with the caller's, or when the time is over. Rejects with the reason then,
 * even when the work takes no notice of its signal.
 */
export async function withDeadline<T>(
  clock: Clock,
  milliseconds: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const ended = Promise.withResolvers<never>();
  const end = (reason: unknown) => {
    controller.abort(reason);
    ended.reject(reason);
  };
  // Not `AbortSignal.any`: it would hang on to a signal that lives as long as the process.
  const follow = () => end(signal.reason);
  signal.addEventListener('abort', follow, { once: true });
  const cancel = clock.setTimeout(() => end(timeout(milliseconds)), milliseconds);
  try {
    return await Promise.race([work(controller.signal), ended.promise]);
  } finally {
    cancel();
    signal.removeEventListener('abort', follow);
  }
}

function timeout(milliseconds: number): DOMException {
  return new DOMException(`There was no complete answer within ${milliseconds / 1_000} s.`, 'TimeoutError');
}
