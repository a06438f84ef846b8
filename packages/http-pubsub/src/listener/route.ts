import type { BoundedBody } from './body.ts';

/** One thing that is answered over HTTP. */
export interface Route {
  readonly method: string;
  /** Exactly, without a query: `/v1/receive`. */
  readonly path: string;
  /**
   * Bytes of a body.
   * @default the listener's `maxBody`
   */
  readonly maxBody?: number;
  /** A reject is answered with 400, 408 or 413 where the body is to blame, else with 500. */
  handle(request: ListenerRequest): Promise<ListenerReply>;
}

export interface ListenerRequest {
  readonly method: string;
  /** Path and query, as the client wrote them. */
  readonly url: string;
  /** By names in lower case; what comes several times is joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * As it comes in, nothing of it read ahead. Once. Throws PUBSUB_BODY_LIMIT and PUBSUB_BODY_TIMEOUT. It may be left
   * unread.
   */
  readonly body: BoundedBody;
  /** Aborts when the client has gone before it was answered. */
  readonly signal: AbortSignal;
  readonly remoteAddress: string | undefined;
}

export interface ListenerReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent in one piece. */
  readonly body?: Uint8Array | string;
}
