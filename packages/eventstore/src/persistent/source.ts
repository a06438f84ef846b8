import type { Source } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import { refuseMixedClients } from '../connect/clients-mixed.ts';
import { connectTo } from '../connect/connect-to.ts';
import { passesByItself } from '../errors.ts';
import { persistentCapabilities } from './capabilities.ts';
import { checkPersistent } from './check-options.ts';
import type { PersistentOptions } from './options.ts';
import { openPersistent } from './session.ts';
import { checkBuffer } from './verify.ts';

/** Throws EVENTSTORE_OPTIONS when the options make no sense, and EVENTSTORE_CLIENTS_MIXED. */
export function persistentSource(options: PersistentOptions): Source {
  const settings = checkPersistent(options);
  refuseMixedClients();
  /** Why the last session ended, when another one is of no use. */
  let failure: Error | undefined;

  return {
    name: settings.name,
    capabilities: persistentCapabilities(settings),
    settings: options,
    async open(context) {
      const ended = failure;
      failure = undefined;
      if (ended) throw ended;
      try {
        const connection = await connectTo(settings.connection);
        try {
          return await openPersistent({
            settings,
            connection,
            context,
            onFailed(error) {
              // To core a session that broke is worth another one; only its opening can say that it is not.
              if (isMillraceError(error) && !passesByItself(error)) failure = error;
            },
          });
        } catch (error) {
          await connection.release();
          throw error;
        }
      } catch (error) {
        // Only the first start fails for trouble that passes; later an error with a code is one that does not, to core.
        if (!context.starting && passesByItself(error)) throw new Error(error.message, { cause: error });
        throw error;
      }
    },
    async *verify(context) {
      yield checkBuffer(settings, context);
    },
  };
}
