import type { Clock } from '@millrace/core';
import { salesforceError } from '../errors.ts';
import { bayeuxError, isBayeuxError } from './bayeux-error.ts';
import { readText } from './body.ts';
import type { Cookies } from './cookies.ts';
import { startDeadline } from './deadline.ts';
import { isObject } from './json.ts';

export interface PostSettings {
  readonly endpoint: () => string;
  readonly headers: () => Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly maxResponseBytes: number;
  /** Milliseconds for reading a body once its head is there. */
  readonly bodyTimeout: number;
}

export interface Post {
  readonly body: string;
  readonly cookies: Cookies;
  /** Milliseconds until the head of the reply must be there. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A server that redirects in circles is not worth more. */
const mostRedirects = 3;

/** One POST, with the redirects that keep to the server. Rejects with a BayeuxError, or with the signal's reason. */
export async function post(settings: PostSettings, request: Post): Promise<HttpReply> {
  const { clock } = settings;
  request.signal?.throwIfAborted();
  const url = readEndpoint(settings.endpoint());
  const headers = readHeaders(settings.headers());
  const deadline = startDeadline(clock, request.timeout, request.signal);
  try {
    const response = await send(settings.fetch, { ...request, url, headers, signal: deadline.signal });
    deadline.extend(settings.bodyTimeout);
    const text = await readText(response, settings.maxResponseBytes);
    return { status: response.status, headers: response.headers, text };
  } catch (error) {
    request.signal?.throwIfAborted();
    if (deadline.expired) throw bayeuxError({ kind: 'timeout', milliseconds: deadline.milliseconds });
    if (isBayeuxError(error)) throw error;
    throw bayeuxError({ kind: 'network', errorCode: errorCodeOf(error) }, error);
  } finally {
    deadline.clear();
  }
}

interface Request extends Post {
  readonly url: URL;
  readonly headers: Headers;
  readonly signal: AbortSignal;
}

async function send(fetch: PostSettings['fetch'], request: Request): Promise<Response> {
  const { cookies, headers, body, signal } = request;
  let { url } = request;
  for (let redirects = 0; ; redirects += 1) {
    const cookie = cookies.header(url.href);
    if (cookie === '') headers.delete('cookie');
    else headers.set('cookie', cookie);
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      // Followed by hand: fetch would leave out the cookies of this reply and could carry the token elsewhere.
      redirect: 'manual',
      signal,
    });
    // Of failed replies too: the routing cookie to the next server arrives with the refusal of the last one.
    cookies.store(response.headers.getSetCookie(), url.href);
    if (!isRedirect(response)) return response;
    await response.body?.cancel();
    const target = targetOf(response, url);
    const sameOrigin = target?.origin === url.origin;
    // Others than 307 and 308 turn a POST into a GET: they mean another page, not another place for this one.
    const repeats = response.status === 307 || response.status === 308;
    if (target === undefined || !sameOrigin || !repeats || redirects === mostRedirects) {
      throw bayeuxError({
        kind: 'redirected',
        status: response.status,
        origin: target?.origin,
        sameOrigin,
      });
    }
    url = target;
  }
}

/** By the standard a fetch hides redirects that it does not follow; Node's shows them. */
function isRedirect(response: Response): boolean {
  return response.type === 'opaqueredirect' || [301, 302, 303, 307, 308].includes(response.status);
}

function targetOf(response: Response, url: URL): URL | undefined {
  const location = response.headers.get('location');
  return location === null ? undefined : (URL.parse(location, url.href) ?? undefined);
}

function readEndpoint(endpoint: string): URL {
  const url = URL.parse(endpoint);
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '')
    return url;
  throw salesforceError(
    'SALESFORCE_OPTIONS',
    'The endpoint must be an http(s) URL without credentials, such as https://acme.my.salesforce.com/cometd/66.0.',
  );
}

function readHeaders(fields: Readonly<Record<string, string>>): Headers {
  const headers = new Headers({
    accept: 'application/json',
    'content-type': 'application/json;charset=UTF-8',
  });
  for (const [name, value] of Object.entries(fields)) {
    try {
      headers.set(name, value);
    } catch {
      // The error underneath quotes the value, which may be the token.
      throw salesforceError(
        'SALESFORCE_OPTIONS',
        `The header ${JSON.stringify(name)} is no valid HTTP header. Its value may not have line breaks or characters outside Latin-1.`,
      );
    }
  }
  return headers;
}

/** Of fetch's own error, or the one underneath, which is the system's. */
function errorCodeOf(error: unknown): string | undefined {
  const causes = [error, error instanceof Error ? error.cause : undefined];
  const coded = causes.find((cause) => isObject(cause) && typeof cause['code'] === 'string');
  return isObject(coded) ? String(coded['code']) : undefined;
}
