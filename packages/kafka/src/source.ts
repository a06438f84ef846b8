import type { Source } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import { capabilitiesOf } from './capabilities.ts';
import { checkOptions } from './check-options.ts';
import { mayEnd } from './errors.ts';
import type { KafkaOptions } from './options.ts';
import { openSession } from './session/session.ts';
import { checkGroup } from './verify.ts';

/** It is in memory already, and what comes to core and goes from it together costs less. */
const leastPrefetch = 64;

/** Reads topics as a member of a consumer group. Throws KAFKA_OPTIONS, and KAFKA_UNSUPPORTED for what the client can't do. */
export function kafka(options: KafkaOptions): Source {
  const settings = checkOptions(options);
  const { concurrency = 16, prefetch = Math.max(leastPrefetch, concurrency) } = options;
  /** Why the last session ended, when another one is of no use. */
  let failure: Error | undefined;
  /** The last session had no right to go on. */
  let denied = false;
  const seen = new Map<string, number>();

  return {
    name: settings.name,
    capabilities: capabilitiesOf(settings, { concurrency, prefetch }),
    settings: { ...options, prefetch },
    async open(context) {
      const ended = failure;
      failure = undefined;
      if (ended) throw ended;
      try {
        return await openSession({
          settings,
          context,
          seen,
          doubtful: context.starting || denied,
          onFailed(error) {
            denied = isMillraceError(error, 'KAFKA_ACCESS_DENIED');
            // To core a session that broke is worth another one; only its opening can say that it is not.
            if (isMillraceError(error) && !mayEnd(error)) failure = error;
          },
        });
      } catch (error) {
        failure = undefined;
        // Only the first start fails for trouble that may end; later an error with a code is one that does not, to core.
        if (!context.starting && mayEnd(error))
          throw new Error(`[${error.code}] ${error.message}`, { cause: error });
        throw error;
      }
    },
    verify: () => checkGroup(settings),
  };
}
