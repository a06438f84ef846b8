import { createHash, randomUUID } from 'node:crypto';
import type { Route } from '../../listener/route.ts';
import { readBody } from '../../wire/codec/body-reader.ts';
import { encodeReplay, replayRequest } from '../../wire/stateless/replay.ts';
import { encodeNotifyReply } from '../../wire/stateless/responses.ts';
import type { LogBounds } from '../ports/replay-log.ts';
import type { EndpointParts } from './endpoint.ts';
import { admit, endpoint, nothing, octets, Refusal, signed } from './endpoint.ts';

const mostBytes = 3 * (2 + 65_535) + 8;

/** Messages that are read from the log at once. */
const page = 100;

/**
 * Puts what a topic's log has among the deliveries of a subscriber, who asked for it and is subscribed to it. 404: it is not.
 * Messages keep their ids and sequences; they can come between newer ones.
 */
export function replayRoute(
  parts: EndpointParts,
  bounds: LogBounds,
  { owner, added }: { readonly owner: string; readonly added: () => void },
): Route {
  const { settings, access } = parts;
  const { store, log } = settings;

  async function putAgain(
    url: string,
    recovery: string | undefined,
    topic: Uint8Array,
    since: number,
  ): Promise<number> {
    let count = 0;
    let after = 0;
    for (;;) {
      const logged = await store.log.read(topic, { after, since, limit: page, age: bounds.age });
      for (const { sequence, message } of logged) {
        const delivery = { id: randomUUID(), url, recovery, attempts: 0, failure: undefined, delay: 0 };
        const verdict = await store.deliveries.put(message, [delivery], { owner, lease: 1 });
        if (verdict === 'full') throw new Refusal(503);
        count += 1;
        after = sequence;
      }
      if (logged.length < page) return count;
    }
  }

  return endpoint('/v1/x/replay', log, mostBytes, async (request) => {
    const { tracing, url, topic, since } = await readBody(request.body).decode(replayRequest());
    const client = await admit(parts, request, { kind: 'check', url }, tracing, {
      action: 'replay',
      url,
      topic,
    });
    const [subscriber] = await store.subscriptions.match(topic, { url });
    if (!subscriber) throw new Refusal(404);
    const recovery = subscriber.subscriptions.find((it) => it.recovery !== undefined)?.recovery;
    const subscribers = await putAgain(url, recovery, topic, since);
    added();
    const digest = createHash('sha512').update(encodeReplay({ tracing, url, topic, since })).digest();
    const identifier = nothing;
    const confirmation = { kind: 'confirm-notify', identifier, subscribers, topic, digest } as const;
    const reply = await signed(access.replyScheme(client), confirmation);
    return octets(encodeNotifyReply({ ...reply, subscribers, identifier }));
  });
}
