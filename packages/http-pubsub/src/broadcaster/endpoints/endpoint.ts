import type { Logger } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import type { ListenerReply, ListenerRequest, Route } from '../../listener/route.ts';
import type { AuthScheme } from '../../wire/auth/scheme.ts';
import type { Operation } from '../../wire/auth/operation.ts';
import type { Access, AccessRequest, BroadcasterClient } from '../access/clients.ts';
import type { Metrics } from '../metrics.ts';
import type { BroadcasterSettings } from '../options.ts';
import type { Ownership } from './ownership.ts';

/** What all endpoints work with. */
export interface EndpointParts {
  readonly settings: BroadcasterSettings;
  readonly access: Access;
  readonly metrics: Metrics;
  readonly ownership: Ownership;
}

export const nothing = new Uint8Array();

/** The body is at fault, and the listener knows how that is said. */
const bodyErrors = ['PUBSUB_MALFORMED', 'PUBSUB_BODY_LIMIT', 'PUBSUB_BODY_TIMEOUT'];

/** Thrown where nothing else is to be said than a status. */
export class Refusal extends Error {
  readonly reply: ListenerReply;

  constructor(status: number, reply: Omit<ListenerReply, 'status'> = {}) {
    super(`It is answered with ${status}.`);
    this.reply = { ...reply, status };
  }
}

/** What fails in it is the store's, or a key's: peers try 503 again elsewhere. */
export function endpoint(
  path: string,
  log: Logger,
  maxBody: number,
  handle: (request: ListenerRequest) => Promise<ListenerReply>,
): Route {
  return {
    method: 'POST',
    path,
    maxBody,
    async handle(request) {
      try {
        return await handle(request);
      } catch (error) {
        if (error instanceof Refusal) return error.reply;
        if (isMillraceError(error) && bodyErrors.includes(error.code)) throw error;
        if (!request.signal.aborted)
          log.error('A request to the broadcaster could not be done.', { path, error });
        return unavailable;
      }
    },
  };
}

export const unavailable: ListenerReply = { status: 503, headers: { 'retry-after': '1' } };

export function octets(body: Uint8Array): ListenerReply {
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body };
}

const statuses = { missing: 401, refused: 403, unavailable: 503 } as const;

/** Who asks, when they have proven it and may. Throws a Refusal. */
export async function admit(
  { access, metrics }: Pick<EndpointParts, 'access' | 'metrics'>,
  request: ListenerRequest,
  operation: Operation,
  tracing: Uint8Array,
  wants: Omit<AccessRequest, 'client' | 'remoteAddress'>,
): Promise<BroadcasterClient | undefined> {
  const { verdict, client } = await access.identify(operation, tracing, request.headers['authorization']);
  if (verdict !== 'accepted') {
    if (verdict !== 'unavailable') metrics.count('refused');
    throw new Refusal(statuses[verdict]);
  }
  await demand({ access, metrics }, client, { ...wants, remoteAddress: request.remoteAddress });
  return client;
}

/** Throws a Refusal. */
export async function demand(
  { access, metrics }: Pick<EndpointParts, 'access' | 'metrics'>,
  client: BroadcasterClient | undefined,
  wants: Omit<AccessRequest, 'client'>,
): Promise<void> {
  if (await access.may({ ...wants, client: client?.name }, client)) return;
  metrics.count('refused');
  throw new Refusal(403);
}

/** What goes into a reply: who says it, and without tracing. */
export async function signed(
  scheme: AuthScheme,
  operation: Operation,
  tracing: Uint8Array = nothing,
): Promise<{ readonly authorization: string | undefined; readonly tracing: Uint8Array }> {
  return { authorization: await scheme.sign(operation, tracing), tracing };
}
