import type { Source } from '@millrace/core';
import { isMillraceError, systemClock } from '@millrace/core';
import { catchUpCapabilities } from '../capabilities.ts';
import { checkCatchUp } from '../check-options.ts';
import { refuseMixedClients } from '../connect/clients-mixed.ts';
import { connectTo } from '../connect/connect-to.ts';
import { passesByItself } from '../errors.ts';
import type { CatchUpOptions } from '../options.ts';
import { openCatchUp } from './session.ts';
import { checkFeed } from './verify.ts';

/** Throws EVENTSTORE_OPTIONS when the options make no sense, and EVENTSTORE_CLIENTS_MIXED. */
export function catchUpSource(options: CatchUpOptions): Source {
  const settings = checkCatchUp(options);
  refuseMixedClients();
  const { connection, eventType } = settings;
  /** Why the last session ended, when another one is of no use. */
  let failure: Error | undefined;

  return {
    name: settings.name,
    capabilities: catchUpCapabilities(settings),
    settings: commonSettings(options),
    async open(context) {
      const ended = failure;
      failure = undefined;
      if (ended) throw ended;
      try {
        const connected = await connectTo(connection);
        try {
          return await openCatchUp({
            settings,
            connection: connected,
            context,
            onFailed(error) {
              // To core a session that broke is worth another one; only its opening can say that it is not.
              if (isMillraceError(error) && !passesByItself(error)) failure = error;
            },
          });
        } catch (error) {
          await connected.release();
          throw error;
        }
      } catch (error) {
        // Only the first start fails for trouble that passes; later an error with a code is one that does not, to core.
        if (!context.starting && passesByItself(error)) throw new Error(error.message, { cause: error });
        throw error;
      }
    },
    async *verify() {
      const connected = await connectTo(connection);
      try {
        yield await checkFeed(connected.client, settings, systemClock);
      } finally {
        await connected.release();
      }
    },
    async eventTypes() {
      return eventType === undefined ? undefined : [eventType];
    },
  };
}

/** `live` has no start of its own. */
function commonSettings(options: CatchUpOptions): Source['settings'] {
  const { start, onInvalidPosition, concurrency, prefetch, retry, unhandled, verify, commit } = options;
  return {
    ...(start !== undefined && { start }),
    ...(onInvalidPosition !== undefined && { onInvalidPosition }),
    ...(concurrency !== undefined && { concurrency }),
    ...(prefetch !== undefined && { prefetch }),
    ...(retry !== undefined && { retry }),
    ...(unhandled !== undefined && { unhandled }),
    ...(verify !== undefined && { verify }),
    ...(commit !== undefined && { commit }),
  };
}
