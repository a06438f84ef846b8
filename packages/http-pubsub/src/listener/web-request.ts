import { chunksFrom } from '../wire/codec/chunks.ts';
import { boundedBody } from './body.ts';
import type { ListenerSettings } from './options.ts';
import type { ListenerReply, ListenerRequest, Route } from './route.ts';

/** A request of the Fetch standard as a route sees it. */
export function fromWeb(
  request: Request,
  url: string,
  { maxBody }: Required<Pick<Route, 'maxBody'>>,
  { limits, clock }: ListenerSettings,
): ListenerRequest {
  return {
    method: request.method,
    url,
    headers: Object.fromEntries(request.headers),
    body: boundedBody(chunksFrom(chunksOf(request)), { ...limits, maxBody }, clock),
    signal: request.signal,
    remoteAddress: undefined,
  };
}

export function toWeb({ status, headers, body = '' }: ListenerReply): Response {
  // A copy, for the bytes may lie in memory that is shared with others. Some statuses refuse even an empty body.
  const bytes = typeof body === 'object' ? new Uint8Array(body) : body;
  return new Response(body.length === 0 ? null : bytes, { status, headers: { ...headers } });
}

async function* chunksOf({ body }: Request): AsyncGenerator<Uint8Array, void> {
  if (body) yield* body as AsyncIterable<Uint8Array>;
}
