import { redisError } from './errors.ts';

/** Where everything is kept. Braces are hash tags of Redis Cluster, so what one script touches lies in one slot. */
export interface Keys {
  claim(key: string): string;
  lock(key: string): string;
  owner(name: string): string;
  marker(key: string): string;
  readonly letters: string;
  readonly letterOrder: string;
}

export function keysUnder(prefix: string): Keys {
  if (prefix === '' || /[{}]/.test(prefix) || !prefix.isWellFormed()) {
    throw redisError(
      'REDIS_OPTIONS',
      'The "prefix" of Redis keys must be a text that is not empty and has no braces.',
    );
  }
  return {
    claim: (key) => `${prefix}:claim:${exact(key)}`,
    lock: (key) => `${prefix}:lock:${exact(key)}`,
    owner: (name) => `${prefix}:owner:${exact(name)}`,
    marker: (key) => `${prefix}:marker:${exact(key)}`,
    letters: `{${prefix}:dead}:letters`,
    letterOrder: `{${prefix}:dead}:order`,
  };
}

const quoted = 'json:';

/**
 * A text as Redis can keep it. It is sent as UTF-8, where all lone surrogates become the same U+FFFD: two ids that
 * differ in them alone would be one, and the second event would be taken for a duplicate.
 */
export function exact(text: string): string {
  return text.isWellFormed() && !text.startsWith(quoted) ? text : quoted + JSON.stringify(text);
}

/** What `exact` was given. */
export function inexact(text: string): string {
  return text.startsWith(quoted) ? String(JSON.parse(text.slice(quoted.length))) : text;
}
