import type { Route } from '../../listener/route.ts';
import { readBody } from '../../wire/codec/body-reader.ts';
import { notifyPrefix } from '../../wire/stateless/requests.ts';
import { encodeNotifyReply } from '../../wire/stateless/responses.ts';
import { encodeNotifyTrace } from '../../wire/tracing.ts';
import type { Publishing } from '../publishing.ts';
import type { Spool } from '../spool/spool.ts';
import type { EndpointParts } from './endpoint.ts';
import { admit, endpoint, octets, Refusal, signed, unavailable } from './endpoint.ts';

/** What stands before a message: topic, digest, tracing, identifier, length. */
const mostPrefix = 2 + 65_535 + 64 + 2 + 65_535 + 1 + 255 + 8;

/** Publishes what somebody posts. */
export function notifyRoute(parts: EndpointParts, publishing: Publishing, spool: Spool): Route {
  const { settings, access } = parts;
  const { limits, clock, log } = settings;
  return endpoint('/v1/notify', log, mostPrefix + limits.message, async (request) => {
    const received = clock.now();
    const entered = publishing.enter();
    if (!entered) return unavailable;
    try {
      const body = readBody(request.body);
      const { topic, digest, tracing, identifier, length } = await body.decode(notifyPrefix());
      const operation = { kind: 'notify', topic, identifier, digest } as const;
      const client = await admit(parts, request, operation, tracing, { action: 'publish', topic });
      if (length > limits.message) throw new Refusal(413);
      if (topic.length > limits.topic) throw new Refusal(400);
      const spooled = await spool.take(body.rest(), length);
      if (spooled === 'length') throw new Refusal(400);
      if (spooled === 'full') return unavailable;
      if (!spooled.digest.equals(digest)) {
        await spooled.release();
        throw new Refusal(400);
      }
      const { subscribers } = await publishing.publish({ topic, digest, tracing, spooled });
      const trace = neutralTrace(received, clock.now());
      const confirmation = { kind: 'confirm-notify', identifier, subscribers, topic, digest } as const;
      const reply = await signed(access.replyScheme(client), confirmation, trace);
      return octets(encodeNotifyReply({ ...reply, subscribers, identifier }));
    } finally {
      entered.leave();
    }
  });
}

/** lonelypsc 0.0.17 can't do without an entry. It says nothing of who subscribed. */
function neutralTrace(received: number, sent: number): Uint8Array {
  return encodeNotifyTrace({
    truncated: false,
    entries: [{ name: 'ok', extra: '{}', at: sent / 1_000 }],
    received: BigInt(received) * 1_000_000n,
    sent: BigInt(sent) * 1_000_000n,
  });
}
