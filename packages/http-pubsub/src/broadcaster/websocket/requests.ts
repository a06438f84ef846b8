import { createLane } from '../../websocket/lane.ts';

/** What a socket has asked for: done one after the other, while the socket is read on. */
export interface Requests {
  /** Resolves when there is room for more, not when it is done. */
  add(work: () => Promise<void>, bytes?: number): Promise<void>;
  /** Resolves when all is done, this last. */
  end(work: () => Promise<void>): Promise<void>;
}

export interface RequestsOptions {
  readonly limit: number;
  /** What the work of a request was rejected with. */
  readonly onFailed: (error: unknown) => void;
}

/** Of payloads that wait with them. */
const mostBytes = 16 * 1024 ** 2;

export function createRequests({ limit, onFailed }: RequestsOptions): Requests {
  const inTurn = createLane();
  let waiting = 0;
  let held = 0;

  return {
    async add(work, bytes = 0) {
      waiting += 1;
      held += bytes;
      const done = inTurn(work)
        .catch(onFailed)
        .finally(() => {
          waiting -= 1;
          held -= bytes;
        });
      // The newest is the last one to be done, so there is room after it.
      if (waiting >= limit || held >= mostBytes) await done;
    },
    end: (work) => inTurn(work).catch(onFailed),
  };
}
