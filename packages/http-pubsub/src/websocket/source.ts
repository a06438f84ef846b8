import type { Source } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import type { HttpPubsubErrorCode } from '../errors.ts';
import { topicName } from '../receive/incoming.ts';
import { capabilitiesOf } from './capabilities.ts';
import type { WebsocketPubsubOptions } from './options.ts';
import { checkOptions } from './options.ts';
import { openSession } from './session.ts';
import { checkBroadcasters } from './verify.ts';

/** Topics of a broadcaster, over a WebSocket, as a source. Throws PUBSUB_OPTIONS when the options make no sense. */
export function websocketPubsub(options: WebsocketPubsubOptions): Source {
  const settings = checkOptions(options);
  const { wanted, decode } = settings;
  return {
    name: settings.name,
    capabilities: capabilitiesOf(settings),
    settings: options,
    async open(context) {
      try {
        return await openSession(settings, context);
      } catch (error) {
        // Once it has started, a broadcaster that is gone comes back; to core an error with a code is there to stay.
        if (!context.starting && passesByItself(error))
          throw new Error('There is no broadcaster.', { cause: error });
        throw error;
      }
    },
    verify: ({ signal }) => checkBroadcasters(settings, signal),
    async eventTypes() {
      const topics = wanted.flatMap((it) => (it.topic === undefined ? [] : [it.topic]));
      return topics.length < wanted.length ? undefined : topics.map(decode.eventType ?? topicName);
    },
  };
}

function passesByItself(error: unknown): boolean {
  const codes: readonly HttpPubsubErrorCode[] = [
    'PUBSUB_UNREACHABLE',
    'PUBSUB_CONNECTION_LOST',
    'PUBSUB_FORGED',
    'PUBSUB_MALFORMED',
  ];
  return codes.some((code) => isMillraceError(error, code));
}
