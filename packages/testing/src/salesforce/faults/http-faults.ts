import type { HttpReply, HttpRequest } from '../http/exchange.ts';
import { jsonReply } from '../http/exchange.ts';
import type { Org } from '../org.ts';
import type { Fault } from './fault.ts';

const page = `<!DOCTYPE html>
<html><head><title>Maintenance</title></head><body><h1>We are down for maintenance</h1></body></html>
`;

/** What comes instead of an answer; undefined: the request is to be answered. */
export async function replyInstead(
  org: Org,
  request: HttpRequest,
  fault: Fault | undefined,
): Promise<HttpReply | undefined> {
  switch (fault?.kind) {
    case 'status':
      return statusReply(fault.status, fault.body ?? 'json', fault.retryAfter);
    case 'html':
      return { status: 200, headers: { 'content-type': 'text/html;charset=UTF-8' }, body: page };
    case 'empty-array':
      return jsonReply(200, []);
    case 'black-hole':
      return { status: 200, damage: { kind: 'silence' } };
    case 'redirect':
      return redirectReply(request.url, fault.to ?? org.instances.current, fault.status ?? 302);
    case 'move-instance':
      await org.instances.move();
      return redirectReply(request.url, org.instances.current, 302);
    case 'revoke-tokens':
      org.revokeTokens();
      return undefined;
    case 'expire-routes':
      org.expireRoutes();
      return undefined;
    default:
      return undefined;
  }
}

export function redirectReply({ pathname, search }: URL, to: string, status: number): HttpReply {
  return { status, headers: { location: new URL(pathname + search, to).href } };
}

/** The answer as it goes out. */
export function damaged(reply: HttpReply, fault: Fault | undefined): HttpReply {
  switch (fault?.kind) {
    case 'truncate':
      return { ...reply, body: (reply.body ?? '').slice(0, (reply.body ?? '').length >> 1) };
    case 'reset':
      return { ...reply, damage: { kind: 'reset' } };
    case 'drip':
      return { ...reply, damage: { kind: 'drip', bytes: fault.bytes ?? 16, pause: fault.pause ?? 50 } };
    default:
      return reply;
  }
}

function statusReply(
  status: number,
  body: 'json' | 'html' | 'none',
  retryAfter: number | undefined,
): HttpReply {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  if (body === 'none') return { status, headers };
  if (body === 'html')
    return { status, headers: { ...headers, 'content-type': 'text/html;charset=UTF-8' }, body: page };
  return jsonReply(status, [errorOf(status)], headers);
}

function errorOf(status: number): { readonly errorCode: string; readonly message: string } {
  if (status === 401 || status === 403) {
    return { errorCode: 'INVALID_SESSION_ID', message: 'Session expired or invalid' };
  }
  if (status === 429)
    return { errorCode: 'REQUEST_LIMIT_EXCEEDED', message: 'TotalRequests Limit exceeded.' };
  if (status === 503) return { errorCode: 'SERVER_UNAVAILABLE', message: 'Server is too busy' };
  return { errorCode: 'UNKNOWN_EXCEPTION', message: 'An unexpected error occurred' };
}
