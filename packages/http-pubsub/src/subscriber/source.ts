import type { Source } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import type { HttpPubsubErrorCode } from '../errors.ts';
import { topicName } from '../receive/incoming.ts';
import { capabilitiesOf } from './capabilities.ts';
import type { HttpPubsubOptions } from './options.ts';
import { openSession } from './session.ts';
import { checkSubscriber } from './settings.ts';
import { checkBroadcasters } from './verify.ts';

/**
 * Topics of a broadcaster that calls us, as a source: no connection stays open. Throws PUBSUB_OPTIONS when the options make
 * no sense.
 */
export function httpPubsub(options: HttpPubsubOptions): Source {
  const settings = checkSubscriber(options);
  const { subscriptions, decode } = settings;
  return {
    name: settings.name,
    capabilities: capabilitiesOf(settings.redelivers),
    settings: options,
    async open(context) {
      try {
        return await openSession(settings, context);
      } catch (error) {
        // Once it has started, a broadcaster that is gone comes back; to core an error with a code is there to stay.
        if (!context.starting && passesByItself(error)) {
          throw new Error('The broadcasters can not be asked.', { cause: error });
        }
        throw error;
      }
    },
    verify: (context) => checkBroadcasters(settings, context),
    async eventTypes() {
      if (subscriptions.globs.length > 0) return undefined;
      return subscriptions.exact.map(({ topic }) => (decode.eventType ?? topicName)(topic));
    },
  };
}

function passesByItself(error: unknown): boolean {
  const codes: readonly HttpPubsubErrorCode[] = [
    'PUBSUB_UNREACHABLE',
    'PUBSUB_UNAVAILABLE',
    'PUBSUB_AMBIGUOUS',
    'PUBSUB_SUBSCRIPTIONS',
    'PUBSUB_LISTENER',
  ];
  return codes.some((code) => isMillraceError(error, code));
}
