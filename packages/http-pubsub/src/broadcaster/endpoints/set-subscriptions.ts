import type { Route } from '../../listener/route.ts';
import { readBody } from '../../wire/codec/body-reader.ts';
import { etagOf } from '../../wire/etag.ts';
import { checkRequest } from '../../wire/stateless/requests.ts';
import { encodeCheckReply, encodeGeneric } from '../../wire/stateless/responses.ts';
import { setPrefix, subscriptionSet } from '../../wire/stateless/set-subscriptions.ts';
import type { EndpointParts } from './endpoint.ts';
import { admit, demand, endpoint, octets, Refusal, signed } from './endpoint.ts';
import { requireFits } from './subscribe.ts';
import { requireUrls } from './subscriber-url.ts';

const mostCheckBytes = 2 * (2 + 65_535);

/** All that a URL has: as a checksum, or replaced. */
export function setRoutes(parts: EndpointParts): readonly Route[] {
  const { settings, access } = parts;
  const { store, limits, log } = settings;
  return [
    endpoint('/v1/check_subscriptions', log, mostCheckBytes, async (request) => {
      const { tracing, url } = await readBody(request.body).decode(checkRequest());
      const client = await admit(parts, request, { kind: 'check', url }, tracing, { action: 'check', url });
      const etag = etagOf(url, await store.subscriptions.list(url));
      const reply = await signed(access.replyScheme(client), { kind: 'confirm-check', etag });
      return octets(encodeCheckReply({ ...reply, etag }));
    }),

    endpoint('/v1/set_subscriptions', log, limits.setBytes, async (request) => {
      const body = readBody(request.body);
      const { tracing, url, etag } = await body.decode(setPrefix());
      const client = await admit(parts, request, { kind: 'set', url, etag }, tracing, {
        action: 'replace',
        url,
      });
      requireUrls(url);
      const set = await body.decode(subscriptionSet(limits.setEntries));
      if (!etagOf(url, set).equals(etag)) throw new Refusal(400);
      for (const { topic, recovery } of set.exact) {
        requireUrls(recovery);
        requireFits({ topic }, settings);
        await demand(parts, client, { action: 'subscribe', url, recovery, topic });
      }
      for (const { glob, recovery } of set.globs) {
        requireUrls(recovery);
        requireFits({ glob }, settings);
        await demand(parts, client, { action: 'subscribe', url, recovery, glob });
      }
      const all = [...set.exact, ...set.globs];
      const recoveries = all.map(({ recovery }) => recovery);
      const asker = { client: client?.name, signal: request.signal };
      const permission =
        all.length > 0 ? await parts.ownership.require({ url, recoveries, ...asker }) : undefined;
      if ((await store.subscriptions.replace(url, set, permission)) === 'full') throw new Refusal(507);
      return octets(encodeGeneric(await signed(access.replyScheme(client), { kind: 'confirm-set', etag })));
    }),
  ];
}
