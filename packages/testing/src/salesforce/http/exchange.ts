import type { IncomingHttpHeaders } from 'node:http';

/** A request that was read to its end. */
export interface HttpRequest {
  readonly method: string;
  /** The address of the server that it has reached. */
  readonly instance: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Aborts when the client has gone before it was answered, and when the server closes. */
  readonly signal: AbortSignal;
}

/** What becomes of a reply on its way out. */
export type Damage =
  /** The connection is reset when the first half of the body is out. */
  | { readonly kind: 'reset' }
  /** Pieces of `bytes`, `pause` milliseconds apart. */
  | { readonly kind: 'drip'; readonly bytes: number; readonly pause: number }
  /** No byte is ever sent. */
  | { readonly kind: 'silence' };

export interface HttpReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  readonly damage?: Damage;
}

/** Answers a request; undefined: not my path. */
export type HttpHandler = (request: HttpRequest) => HttpReply | undefined | Promise<HttpReply | undefined>;

export function jsonReply(status: number, body: unknown, headers: HttpReply['headers'] = {}): HttpReply {
  return {
    status,
    headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
    body: JSON.stringify(body),
  };
}

export function textReply(status: number, body: string): HttpReply {
  return { status, headers: { 'content-type': 'text/plain;charset=UTF-8' }, body };
}

/** The token of an `Authorization` header. Both schemes work at Salesforce: jsforce and Camel send `OAuth`. */
export function bearerOf({ headers }: Pick<HttpRequest, 'headers'>): string | undefined {
  return /^(?:Bearer|OAuth) (\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

/** For paths that nobody serves. */
export const notFound: HttpReply = {
  status: 404,
  headers: { 'content-type': 'application/json;charset=UTF-8' },
  body: '[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]',
};
