import type { Check, VerifyContext } from '@millrace/core';
import type { PersistentSettings } from './options.ts';

/**
 * The server's clock for an event runs while it waits here for its turn. A warning only: handlers seldom take as long
 * as they may.
 */
export function checkBuffer(
  { bufferSize, concurrency, lease }: PersistentSettings,
  { handlerTimeout }: Pick<VerifyContext, 'handlerTimeout'>,
): Check {
  const name = 'Buffer and message timeout of the group';
  const longest = Math.ceil(bufferSize / concurrency) * handlerTimeout;
  if (longest <= lease) return { name, ok: true };
  return {
    name,
    ok: false,
    fatal: false,
    code: 'EVENTSTORE_GROUP_SETTINGS',
    problem: `The last of ${bufferSize} events that are sent ahead can be done with after ${longest} ms, and the server sends it again after ${lease} ms.`,
    remedy: 'Lower `bufferSize` or the timeout of the handlers, or raise `settings.messageTimeout`.',
  };
}
