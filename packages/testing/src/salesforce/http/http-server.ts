import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpHandler } from './exchange.ts';
import { notFound } from './exchange.ts';
import type { ReplyWriter } from './reply-writer.ts';

const host = '127.0.0.1';

export interface HttpServer {
  /** Such as `http://127.0.0.1:53211`. */
  readonly url: string;
  /** Ends what hangs, and every connection. Works twice. */
  close(): Promise<void>;
}

/** Serves on the loopback address. Rejects when the port is taken. */
export async function httpServer(
  port: number,
  handler: HttpHandler,
  write: ReplyWriter,
): Promise<HttpServer> {
  const closing = new AbortController();
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (request, response) => {
    respond(request, response).catch((error: unknown) => fail(response, error));
  });

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, closing.signal]);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (signal.aborted) return;
    const reply = await handler({
      method: request.method ?? 'GET',
      instance: url,
      url: new URL(request.url ?? '/', url),
      headers: request.headers,
      body: Buffer.concat(chunks),
      signal,
    });
    if (!signal.aborted) await write(reply ?? notFound, request, response, signal);
  }

  await listen(server, port);
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;
  let closed: Promise<void> | undefined;
  return {
    url,
    close() {
      closed ??= closeServer(server, closing);
      return closed;
    },
  };
}

/** What an emulated org can not do is no fault of Salesforce's, and should not look like one. */
function fail(response: ServerResponse, error: unknown): void {
  if (response.destroyed || response.headersSent) {
    response.destroy();
    return;
  }
  response.statusCode = 500;
  response.end(`The emulated org failed: ${error instanceof Error ? error.message : String(error)}`);
}

async function closeServer(server: Server, closing: AbortController): Promise<void> {
  const closed = once(server, 'close');
  closing.abort();
  server.close();
  server.closeAllConnections();
  await closed;
}

async function listen(server: Server, port: number): Promise<void> {
  const listening = once(server, 'listening');
  server.listen(port, host);
  await listening;
}
