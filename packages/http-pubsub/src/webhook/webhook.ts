import type { Source } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import type { RevocableReplayGuard } from '../wire/auth/replay-guard.ts';
import { memoryReplayGuard } from '../wire/auth/replay-guard.ts';
import { capabilitiesOf } from './capabilities.ts';
import type { WebhookOptions } from './options.ts';
import { checkOptions } from './options.ts';
import { openSession } from './session.ts';
import { verify } from './verify.ts';

/**
 * What others post to a path as a source of events. A request is answered with 2xx when its events are settled or, with
 * `ackMode: 'accepted'`, stored; with 503 and Retry-After when it should come again; with 4xx when it never has to.
 * Throws PUBSUB_OPTIONS when the options make no sense.
 */
export function webhook(options: WebhookOptions): Source {
  const settings = checkOptions(options);
  // Outlasts the session: a copy does not become another request by our opening anew.
  let guard: RevocableReplayGuard | undefined = settings.guard;
  let openedBefore = false;
  return {
    name: settings.name,
    capabilities: capabilitiesOf(settings),
    settings: options,
    async open(context) {
      try {
        guard ??= memoryReplayGuard(context.clock);
        const session = await openSession(settings, guard, context);
        openedBefore = true;
        return session;
      } catch (error) {
        // A port that was ours may be taken for a moment; to core an error with a code is no reason to try again.
        if (openedBefore && isMillraceError(error, 'PUBSUB_LISTENER'))
          throw new Error(error.message, { cause: error });
        throw error;
      }
    },
    verify: (context) => verify(settings, context),
  };
}
