import { buffer } from 'node:stream/consumers';
import type { ListenerReply, ListenerRequest } from '../listener/route.ts';
import { decode } from '../wire/codec/decoding.ts';
import { missedRequest } from '../wire/stateless/requests.ts';
import { encodeConfirmMissed } from '../wire/stateless/responses.ts';
import { octets, refusals } from './receive-route.ts';
import type { SubscriberSettings } from './settings.ts';

/** Tracing and topic at their longest. */
export const longestMissed = 2 * (65_535 + 2);

const tracing = new Uint8Array();

/** `/v1/recover`: something of a topic could not be delivered. */
export function recoverRoute(
  { auth, address }: Pick<SubscriberSettings, 'auth' | 'address'>,
  onMissed: (topic: Uint8Array) => void,
): (request: ListenerRequest) => Promise<ListenerReply> {
  const url = address.recovery;
  return async ({ body, headers }) => {
    const missed = decode(missedRequest(), await buffer(body));
    const { topic } = missed;
    const verdict = await auth.toSubscriber.verify(
      { kind: 'missed', url, topic },
      missed.tracing,
      headers['authorization'],
    );
    if (verdict !== 'accepted') return refusals[verdict];
    onMissed(topic);
    const authorization = await auth.toBroadcaster.sign({ kind: 'confirm-missed', topic, url }, tracing);
    return octets(encodeConfirmMissed({ authorization, tracing }));
  };
}
