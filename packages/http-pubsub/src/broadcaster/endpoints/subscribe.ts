import type { Route } from '../../listener/route.ts';
import type { Operation } from '../../wire/auth/operation.ts';
import { readBody } from '../../wire/codec/body-reader.ts';
import type { Decoding } from '../../wire/codec/decoding.ts';
import type { SubscribeRequest, UnsubscribeRequest, Wanted } from '../../wire/stateless/requests.ts';
import {
  subscribeExactRequest,
  subscribeGlobRequest,
  unsubscribeExactRequest,
  unsubscribeGlobRequest,
} from '../../wire/stateless/requests.ts';
import { encodeGeneric } from '../../wire/stateless/responses.ts';
import type { BroadcasterSettings } from '../options.ts';
import type { EndpointParts } from './endpoint.ts';
import { admit, endpoint, octets, Refusal, signed } from './endpoint.ts';
import { requireUrls } from './subscriber-url.ts';

/** Four fields with lengths of two bytes. */
const mostBytes = 4 * (2 + 65_535);

export function subscribeRoutes(parts: EndpointParts): readonly Route[] {
  const { log } = parts.settings;
  const post = (path: string, handle: Parameters<typeof endpoint>[3]) =>
    endpoint(path, log, mostBytes, handle);
  const subscribe = (path: string, decoding: () => Decoding<SubscribeRequest>) =>
    post(path, (request) => answerSubscribe(parts, request, decoding));
  const unsubscribe = (path: string, decoding: () => Decoding<UnsubscribeRequest>) =>
    post(path, (request) => answerUnsubscribe(parts, request, decoding));
  return [
    subscribe('/v1/subscribe/exact', subscribeExactRequest),
    subscribe('/v1/subscribe/glob', subscribeGlobRequest),
    unsubscribe('/v1/unsubscribe/exact', unsubscribeExactRequest),
    unsubscribe('/v1/unsubscribe/glob', unsubscribeGlobRequest),
  ];
}

type Answer = ReturnType<Route['handle']>;
type Request = Parameters<Route['handle']>[0];

async function answerSubscribe(
  parts: EndpointParts,
  request: Request,
  decoding: () => Decoding<SubscribeRequest>,
): Answer {
  const { settings, access } = parts;
  const { url, wanted, recovery, tracing } = await readBody(request.body).decode(decoding());
  const operation = operationOf(url, wanted, recovery);
  const client = await admit(parts, request, operation, tracing, {
    action: 'subscribe',
    url,
    recovery,
    ...wanted,
  });
  requireUrls(url, recovery);
  requireFits(wanted, settings);
  const permission = await parts.ownership.require({
    url,
    recoveries: [recovery],
    client: client?.name,
    signal: request.signal,
  });
  const verdict = await settings.store.subscriptions.subscribe({ url, wanted, recovery }, permission);
  if (verdict === 'there') throw new Refusal(409);
  // Another broadcaster has no more room: this is no 503.
  if (verdict === 'full') throw new Refusal(507);
  return octets(
    encodeGeneric(await signed(access.replyScheme(client), confirmationOf(url, wanted, recovery))),
  );
}

async function answerUnsubscribe(
  parts: EndpointParts,
  request: Request,
  decoding: () => Decoding<UnsubscribeRequest>,
): Answer {
  const { settings, access } = parts;
  const { url, wanted, tracing } = await readBody(request.body).decode(decoding());
  const operation = operationOf(url, wanted, undefined);
  const client = await admit(parts, request, operation, tracing, { action: 'unsubscribe', url, ...wanted });
  const verdict = await settings.store.subscriptions.unsubscribe(url, wanted);
  if (verdict === 'absent') throw new Refusal(409);
  return octets(
    encodeGeneric(await signed(access.replyScheme(client), confirmationOf(url, wanted, undefined))),
  );
}

/** Both ask the same to the protocol: what is to be unsubscribed is signed without a recovery URL. */
function operationOf(url: string, { topic, glob }: Wanted, recovery: string | undefined): Operation {
  return topic === undefined
    ? { kind: 'subscribe-glob', url, recovery, glob }
    : { kind: 'subscribe-exact', url, recovery, topic };
}

function confirmationOf(url: string, { topic, glob }: Wanted, recovery: string | undefined): Operation {
  return topic === undefined
    ? { kind: 'confirm-subscribe-glob', url, recovery, glob }
    : { kind: 'confirm-subscribe-exact', url, recovery, topic };
}

/** Throws a Refusal. */
export function requireFits({ topic, glob }: Wanted, { limits }: Pick<BroadcasterSettings, 'limits'>): void {
  const fits = topic === undefined ? Buffer.byteLength(glob) <= limits.glob : topic.length <= limits.topic;
  if (!fits) throw new Refusal(400);
}
