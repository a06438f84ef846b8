import type { ListenerReply, ListenerRequest, Route } from '../../listener/route.ts';
import { readBody } from '../../wire/codec/body-reader.ts';
import { missedRequest, receivePrefix } from '../../wire/stateless/requests.ts';
import {
  encodeConfirmMissed,
  encodeConfirmReceive,
  unsubscribeImmediate,
} from '../../wire/stateless/responses.ts';
import type { LocalSubscribers } from '../local-subscribers.ts';
import type { Spool } from '../spool/spool.ts';
import type { EndpointParts } from './endpoint.ts';
import { endpoint, nothing, octets, Refusal, signed, unavailable } from './endpoint.ts';
import { digestOf } from './repr-digest.ts';

/** What stands before a message: tracing, topic, identifier, length. */
const mostPrefix = 2 + 65_535 + 2 + 65_535 + 1 + 255 + 8;
const mostMissed = 2 * (2 + 65_535);

/**
 * Other broadcasters tell this one as any subscriber, on behalf of those that are connected here. What nobody here wants is
 * answered so that the one who calls forgets it: that is how subscriptions of a process that died go away.
 */
export function forWebsocketsRoutes(
  parts: EndpointParts,
  local: LocalSubscribers,
  spool: Spool,
): readonly Route[] {
  const { settings } = parts;
  const { log, limits, self } = settings;
  const { toBroadcaster, toSubscriber } = settings.auth;

  const unwanted = (status: number) => new Refusal(status, octets(unsubscribeImmediate));

  async function receive(request: ListenerRequest): Promise<ListenerReply> {
    if (!self || !isFor(request, self.url)) throw unwanted(400);
    const { url } = self;
    const digest = digestOf(request.headers['repr-digest']);
    if (digest === undefined) throw unwanted(400);
    const body = readBody(request.body);
    const { tracing, topic, identifier, length } = await body.decode(receivePrefix());
    if (!local.wants(topic)) throw unwanted(400);
    const operation = { kind: 'receive', url, topic, identifier, digest } as const;
    const verdict = await toSubscriber.verify(operation, tracing, request.headers['authorization']);
    if (verdict === 'unavailable') return unavailable;
    if (verdict !== 'accepted') throw unwanted(verdict === 'missing' ? 401 : 403);
    if (length > limits.message) throw new Refusal(413);
    const spooled = await spool.take(body.rest(), length);
    if (spooled === 'length') throw unwanted(400);
    if (spooled === 'full') return unavailable;
    try {
      if (!spooled.digest.equals(digest)) throw unwanted(403);
      const subscribers = await local.receive({ topic, digest, tracing, body: spooled.body });
      parts.metrics.count('local', subscribers);
      const reply = await signed(toBroadcaster, { kind: 'confirm-receive', identifier, subscribers, url });
      return octets(encodeConfirmReceive({ ...reply, identifier, subscribers }));
    } finally {
      await spooled.release();
    }
  }

  async function missed(request: ListenerRequest): Promise<ListenerReply> {
    const recovery = self?.recovery;
    if (recovery === undefined || !isFor(request, recovery)) {
      // The protocol's only JSON.
      const body = JSON.stringify({
        unsubscribe: true,
        reason: 'This is no recovery URL of this broadcaster.',
      });
      return { status: 400, headers: { 'content-type': 'application/json' }, body };
    }
    const { tracing, topic } = await readBody(request.body).decode(missedRequest());
    const operation = { kind: 'missed', url: recovery, topic } as const;
    const verdict = await toSubscriber.verify(operation, tracing, request.headers['authorization']);
    if (verdict === 'unavailable') return unavailable;
    if (verdict !== 'accepted') return { status: verdict === 'missing' ? 401 : 403 };
    local.missed(topic);
    const reply = await signed(toBroadcaster, { kind: 'confirm-missed', topic, url: recovery }, nothing);
    return octets(encodeConfirmMissed(reply));
  }

  return [
    endpoint('/v1/receive_for_websockets', log, mostPrefix + limits.message, receive),
    endpoint('/v1/missed_for_websockets', log, mostMissed, missed),
  ];
}

/** Which scheme it came by is not known behind a proxy. */
function isFor({ headers, url }: ListenerRequest, own: string): boolean {
  const expected = URL.parse(own);
  return (
    expected !== null && headers['host'] === expected.host && url === expected.pathname + expected.search
  );
}
