import type { Clock } from '@millrace/core';
import { MillraceError } from '@millrace/core';

/** What is asked of a client of `ioredis`: a `Redis` and a `Cluster` both have it. */
export interface RedisClient {
  callBuffer(command: string, ...args: (string | Buffer | number)[]): Promise<unknown>;
}

export type RedisArgument = string | Buffer | number;

/**
 * Rejects with STORE_UNAVAILABLE, also when no answer came in time: a client may queue what it can't send, and for how long is
 * the user's setting.
 */
export async function callRedis(
  client: RedisClient,
  { clock, timeout }: { readonly clock: Clock; readonly timeout: number },
  command: string,
  ...args: readonly RedisArgument[]
): Promise<unknown> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.setTimeout(() => late.reject(new Error(`No answer came in ${timeout} ms.`)), timeout);
  try {
    return await Promise.race([client.callBuffer(command, ...args), late.promise]);
  } catch (error) {
    throw new MillraceError('STORE_UNAVAILABLE', 'Redis did not do what it was asked for: see the cause.', {
      cause: error,
    });
  } finally {
    cancel();
  }
}
