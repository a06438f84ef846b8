import { MillraceError, redact } from '@millrace/core';

/** Every code that this package puts on an error or a check, beside STORE_UNAVAILABLE of core. The README explains each. */
export const redisErrorCodes = [
  'REDIS_OPTIONS',
  'REDIS_NODE_COUNT',
  'REDIS_UNREACHABLE',
  'REDIS_EVICTION',
  'REDIS_PERSISTENCE',
  'REDIS_CONFIG_UNREADABLE',
  'REDIS_SAME_SERVER',
] as const;

export type RedisErrorCode = (typeof redisErrorCodes)[number];

export function redisError(code: RedisErrorCode, message: string): MillraceError<RedisErrorCode> {
  return new MillraceError(code, message);
}

/** The store can't tell, or can't say whether it was written. `reasons` are what nodes answered, by `nodeError`. */
export function unavailable(reasons: readonly Error[]): MillraceError {
  const distinct = [...new Set(reasons.map(({ message }) => message))];
  return new MillraceError(
    'STORE_UNAVAILABLE',
    `Too few Redis nodes gave an answer (${distinct.join('; ')}). Check that they run and can be reached; ` +
      'the store goes on by itself when they do.',
    { cause: reasons[0] },
  );
}

const longestReason = 200;

/**
 * What went wrong at one node. The client's own errors are not kept: they carry the command with its arguments, which
 * may be payloads, or a password when the command was AUTH.
 */
export function nodeError(node: string, error: unknown): Error {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const reason = redact(message).slice(0, longestReason) || name;
  return new Error(`${node}: ${reason}`);
}
