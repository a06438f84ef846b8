import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { wait } from '@millrace/core';
import { httpPubsubError } from '../errors.ts';
import { answer } from './answer.ts';
import { chunksOf } from './node-chunks.ts';
import { fromNode, replyTo } from './node-request.ts';
import type { ListenerOptions } from './options.ts';
import { checkListenerOptions } from './options.ts';
import type { ListenerReply, Route } from './route.ts';
import type { Match } from './routes.ts';
import { createRoutes } from './routes.ts';
import { createOwnServer } from './server.ts';
import type { UpgradeHandler } from './upgrades.ts';
import { createUpgrades } from './upgrades.ts';
import { fromWeb, toWeb } from './web-request.ts';

/** What several sources, webhooks and a broadcaster can share: one port, or one place in a server that is there already. */
export interface Listener {
  /** Answers these from now on; the returned function ends that. Throws PUBSUB_OPTIONS when one of them is taken. */
  attach(routes: readonly Route[]): () => void;
  /** As `attach`, for connections that ask to become WebSockets. */
  attachUpgrade(path: string, handler: UpgradeHandler): () => void;
  /** Binds the port, if it is to have one of its own; safe to call again. Rejects with PUBSUB_LISTENER. */
  listen(): Promise<AddressInfo | undefined>;
  /** Where it listens, once it does. */
  address(): AddressInfo | undefined;
  /**
   * For node:http (`createServer(listener.handler)`), Express (`app.use(listener.handler)`, before any body parser) and,
   * with the raw request and reply, Fastify. False: it is not for us, and `next` was called if there is one; nothing else
   * was done.
   */
  readonly handler: (
    message: IncomingMessage,
    response: ServerResponse,
    next?: (error?: unknown) => void,
  ) => boolean;
  /** For Hono and others that speak the Fetch standard. 404 for what is not ours. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** For `server.on('upgrade', …)` of a server of yours. False: it is not for us, and nothing was done. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;
  /** Answers what runs, and new requests with 503. Ends within `drainTimeout`; may be called twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Throws PUBSUB_OPTIONS when the options make no sense. */
export function createListener(options: ListenerOptions = {}): Listener {
  const settings = checkListenerOptions(options);
  const { limits, clock, log } = settings;
  const routes = createRoutes();
  const upgrades = createUpgrades();
  let running = 0;
  let closing: Promise<void> | undefined;
  let drained: (() => void) | undefined;

  /** Without looking at the body, what can be said of a request: where it goes, or that it goes nowhere. */
  function admit(
    match: Match,
    contentLength: string | undefined,
  ): (Required<Pick<Route, 'maxBody'>> & { readonly route: Route }) | ListenerReply {
    if (closing) return { status: 503, headers: { 'retry-after': '1' } };
    if (!('route' in match)) return { status: 405, headers: { allow: match.allow.join(', ') } };
    const { maxBody = settings.maxBody } = match.route;
    if (Number(contentLength ?? 0) > maxBody) return { status: 413 };
    return { route: match.route, maxBody };
  }

  function ended(): void {
    running -= 1;
    if (running === 0) drained?.();
  }

  async function respond(
    message: IncomingMessage,
    response: ServerResponse,
    url: string,
    match: Match,
  ): Promise<void> {
    running += 1;
    try {
      const admitted = admit(match, message.headers['content-length']);
      const chunks = chunksOf(message);
      const reply = (said: ListenerReply) =>
        replyTo(message, response, said, { closing: closing !== undefined, clock, chunks });
      if ('status' in admitted) return reply(admitted);
      // What was sent along with the head is there by then.
      await Promise.resolve();
      reply(await answer(admitted.route, fromNode(message, chunks, response, url, admitted, settings), log));
    } catch (error) {
      // Such as a route that answers with headers that can't be sent.
      log.error('A request could not be answered.', { path: url, error });
      response.destroy();
    } finally {
      ended();
    }
  }

  const handler: Listener['handler'] = (message, response, next) => {
    const url = urlOf(message);
    const match = routes.find(message.method ?? '', url);
    if (match === undefined) {
      next?.();
      return false;
    }
    if (message.readableDidRead) {
      const error = httpPubsubError(
        'PUBSUB_BODY_READ',
        `The body of a request to ${url} was read before it came here: mount the listener before any body parser.`,
      );
      log.error(error.message);
      if (next) next(error);
      else replyTo(message, response, { status: 500 }, { closing: true, clock });
      return true;
    }
    void respond(message, response, url, match);
    return true;
  };

  const upgrade: Listener['upgrade'] = (request, socket, head) =>
    closing === undefined && upgrades.offer(request, socket, head, urlOf(request));

  const server =
    settings.address &&
    createOwnServer(
      settings.address,
      (message, response) => {
        if (!handler(message, response))
          replyTo(message, response, { status: 404 }, { closing: false, clock });
      },
      (request, socket, head) => {
        if (!upgrade(request, socket, head)) refuse(socket);
      },
      settings,
    );

  async function drain(): Promise<void> {
    const done = new AbortController();
    const empty = new Promise<void>((resolve) => {
      drained = resolve;
      if (running === 0) resolve();
    });
    await Promise.all([
      server?.close(),
      Promise.race([empty, wait(clock, limits.drainTimeout, done.signal)]),
    ]);
    done.abort();
  }

  const close = () => (closing ??= drain());

  return {
    attach: routes.attach,
    attachUpgrade: upgrades.attach,
    listen: async () => server?.listen(),
    address: () => server?.address(),
    handler,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const url = pathname + search;
      const match = routes.find(request.method, url);
      if (match === undefined) return toWeb({ status: 404 });
      const admitted = admit(match, request.headers.get('content-length') ?? undefined);
      if ('status' in admitted) return toWeb(admitted);
      running += 1;
      try {
        return toWeb(await answer(admitted.route, fromWeb(request, url, admitted, settings), log));
      } finally {
        ended();
      }
    },
    upgrade,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Express cuts off the path that it mounts something under. */
function urlOf(message: IncomingMessage & { readonly originalUrl?: string }): string {
  return message.originalUrl ?? message.url ?? '/';
}

function refuse(socket: Duplex): void {
  socket.on('error', () => {});
  socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}
