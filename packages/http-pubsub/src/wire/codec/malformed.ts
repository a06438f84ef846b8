import type { HttpPubsubError } from '../../errors.ts';
import { httpPubsubError } from '../../errors.ts';

/** What a peer sent does not follow the protocol. Never quotes it: it may be a payload. */
export function malformed(what: string): HttpPubsubError {
  return httpPubsubError('PUBSUB_MALFORMED', `The peer does not keep to the protocol: ${what}.`);
}
