/** Runs work one after another. Work whose signal aborts before its turn is not begun, and rejects with the reason. */
export type Lane = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

export function createLane(): Lane {
  let last: Promise<void> = Promise.resolve();

  return async (work, signal) => {
    const before = last;
    const turn = Promise.withResolvers<void>();
    last = turn.promise;
    try {
      await unlessAborted(before, signal);
      return await work();
    } finally {
      void before.then(turn.resolve);
    }
  };
}

async function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  const aborted = Promise.withResolvers<void>();
  const abort = () => aborted.resolve();
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  await Promise.race([work, aborted.promise]);
  signal?.removeEventListener('abort', abort);
  signal?.throwIfAborted();
}
