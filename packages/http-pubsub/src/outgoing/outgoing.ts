import type { Readable } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import { Agent } from 'undici';
import { httpPubsubError } from '../errors.ts';
import type { ExchangeRequest } from './exchange.ts';
import { exchange } from './exchange.ts';
import { guardedConnector } from './guarded-connector.ts';
import type { OutgoingLimits } from './limits.ts';
import { limitsOf } from './limits.ts';
import type { TargetGuard } from './target-guard.ts';

export interface OutgoingRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** A stream needs a `content-length` among the headers, else it goes out in chunks, which stock peers never do. */
  readonly body: Uint8Array | (() => Readable);
  /** Ends the request at once; it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Of this request, over those of the client; all but `connect`. */
  readonly limits?: Partial<Omit<OutgoingLimits, 'connect'>> | undefined;
}

/** A question without a body. */
export type OutgoingQuestion = Omit<OutgoingRequest, 'body'>;

export interface OutgoingReply {
  readonly status: number;
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Calls peers, over connections that are kept. Follows no redirects: a 3xx is a reply like others. */
export interface Outgoing {
  /**
   * Any status resolves. Rejects with PUBSUB_FORBIDDEN when the guard lets nobody go there, PUBSUB_UNREACHABLE when
   * certainly nothing was sent, PUBSUB_AMBIGUOUS when the peer may have understood the request, PUBSUB_OPTIONS when it
   * can't be a request at all, or with the reason of `signal`.
   */
  post(url: string, request: OutgoingRequest): Promise<OutgoingReply>;
  /** Asks by OPTIONS what the URL allows: nothing is sent but headers, and nothing is to change by it. Rejects as `post` does. */
  options(url: string, question: OutgoingQuestion): Promise<OutgoingReply>;
  /** Takes no more requests, and waits for those that run. Can be called again. */
  close(): Promise<void>;
}

export interface OutgoingOptions {
  /** Who may be called. Without one everybody may. */
  readonly guard?: TargetGuard | undefined;
  readonly limits?: Partial<OutgoingLimits> | undefined;
  /** For peers with certificates of an authority of your own, or that want one from you. */
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key'> | undefined;
  /** @default the system's */
  readonly clock?: Clock | undefined;
}

/** Throws PUBSUB_OPTIONS. */
export function outgoing(options: OutgoingOptions = {}): Outgoing {
  const { guard, tls, clock = systemClock } = options;
  const limits = limitsOf(options.limits);
  const connection = { ...tls, timeout: limits.connect };
  const agent = new Agent({
    connect: guard === undefined ? connection : guardedConnector(guard, connection),
  });
  let closing: Promise<void> | undefined;

  async function call(url: string, request: ExchangeRequest): Promise<OutgoingReply> {
    const target = targetOf(url);
    guard?.checkUrl(target);
    request.signal?.throwIfAborted();
    return exchange(agent, target, request, limitsOf(request.limits, limits), clock);
  }

  return {
    post: (url, request) => call(url, { ...request, method: 'POST' }),
    options: (url, question) => call(url, { ...question, method: 'OPTIONS' }),
    close() {
      return (closing ??= agent.close());
    },
  };
}

function targetOf(url: string): URL {
  const target = URL.parse(url);
  if (target !== null && /^https?:$/.test(target.protocol)) return target;
  throw httpPubsubError('PUBSUB_OPTIONS', 'A peer has to have a URL with http or https.');
}
