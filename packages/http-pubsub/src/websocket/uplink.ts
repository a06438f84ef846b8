import type { Clock } from '@millrace/core';
import type { HttpPubsubError } from '../errors.ts';
import { httpPubsubError } from '../errors.ts';
import type { Connection } from './connection.ts';

/** The connection that there is, or for which somebody waits. */
export interface Uplink {
  up(connection: Connection): void;
  down(reason: HttpPubsubError): void;
  /** There will be no other one. */
  end(reason: HttpPubsubError): void;
  /** Waits for one, and for another one than that which has failed. Rejects with PUBSUB_UNREACHABLE when there is none in time, and with the signal's reason. */
  connection(signal: AbortSignal | undefined, failed?: Connection): Promise<Connection>;
  /** Of the broadcaster that is connected, or of another one. */
  health(connected: boolean): {
    readonly up: boolean | undefined;
    readonly failures: number;
    readonly problem: string | undefined;
  };
}

interface Waiting {
  readonly resolve: (connection: Connection) => void;
  readonly reject: (reason: unknown) => void;
}

export function createUplink({
  clock,
  patience,
}: {
  readonly clock: Clock;
  /** Milliseconds. */
  readonly patience: number;
}): Uplink {
  const waiting = new Set<Waiting>();
  let current: Connection | undefined;
  let ended: HttpPubsubError | undefined;
  let problem: HttpPubsubError | undefined;
  let failures = 0;

  return {
    up(connection) {
      current = connection;
      problem = undefined;
      failures = 0;
      for (const { resolve } of waiting) resolve(connection);
    },
    down(reason) {
      current = undefined;
      problem = reason;
      failures += 1;
    },
    end(reason) {
      ended = httpPubsubError(
        'PUBSUB_UNREACHABLE',
        'There is no broadcaster, and none is tried any more.',
        reason,
      );
      for (const { reject } of waiting) reject(ended);
    },
    async connection(signal, failed) {
      signal?.throwIfAborted();
      if (ended) throw ended;
      if (current && current !== failed) return current;
      const { promise, resolve, reject } = Promise.withResolvers<Connection>();
      const entry = { resolve, reject };
      const abort = () => reject(signal?.reason);
      const cancel = clock.setTimeout(() => {
        const text = `No broadcaster could be connected to within ${patience} ms.`;
        reject(httpPubsubError('PUBSUB_UNREACHABLE', text, problem));
      }, patience);
      waiting.add(entry);
      signal?.addEventListener('abort', abort, { once: true });
      try {
        return await promise;
      } finally {
        cancel();
        waiting.delete(entry);
        signal?.removeEventListener('abort', abort);
      }
    },
    health(connected) {
      if (connected) return { up: true, failures: 0, problem: undefined };
      return { up: failures > 0 ? false : undefined, failures, problem: problem?.message };
    },
  };
}
