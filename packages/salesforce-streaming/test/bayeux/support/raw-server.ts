import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Sent {
  readonly channel: string;
  readonly id: string;
  readonly clientId?: string;
  readonly subscription?: string;
  readonly ext?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface Received {
  readonly path: string;
  readonly method: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The message of the request; the client sends one at a time. */
  readonly message: Sent;
}

export type Answer = (request: Received, response: ServerResponse) => unknown;

export interface RawServer {
  /** Of the streaming endpoint. */
  readonly url: string;
  readonly origin: string;
  /** All requests so far. */
  readonly received: readonly Received[];
  /** Resolves when there have been so many requests. */
  whenReceived(count: number): Promise<void>;
  /** The most requests under way at once. */
  readonly mostAtOnce: number;
  /** Connections on which the client has hung up while it was owed an answer. */
  readonly hungUp: number;
}

/** An HTTP server whose every byte a test dictates. Closed when the test ends. */
export async function rawServer(answer: Answer): Promise<RawServer> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  let atOnce = 0;
  let mostAtOnce = 0;
  let hungUp = 0;

  async function serve(request: IncomingMessage, response: ServerResponse) {
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    response.on('close', () => {
      atOnce -= 1;
      if (!response.writableFinished) hungUp += 1;
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const [message] = JSON.parse(body) as [Sent];
    const { url = '', method, headers } = request;
    received.push({ path: url, method, headers, body, message });
    for (const wake of waiting) wake();
    await answer(received.at(-1) as Received, response);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    origin,
    url: `${origin}/cometd/66.0`,
    received,
    async whenReceived(count) {
      while (received.length < count) {
        await new Promise<void>((resolve) => {
          const wake = () => {
            waiting.delete(wake);
            resolve();
          };
          waiting.add(wake);
        });
      }
    },
    get mostAtOnce() {
      return mostAtOnce;
    },
    get hungUp() {
      return hungUp;
    },
  };
}

/** What a Bayeux server answers when all is well. */
export function success({ message }: Received, more: object = {}): Record<string, unknown> {
  const { channel, id, subscription } = message;
  return {
    channel,
    id,
    clientId: 'client-1',
    successful: true,
    ...(subscription !== undefined && { subscription }),
    ...more,
  };
}

export function refusal(request: Received, error: string, more: object = {}): Record<string, unknown> {
  return success(request, { successful: false, error, ...more });
}

export function send(
  response: ServerResponse,
  content: unknown,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string | string[]> } = {},
): void {
  const body = typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content);
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}
