import type { AddressInfo, Server as TcpServer, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface Seen {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** An HTTP server on a free port of the loopback, until the test ends. It keeps what it was asked. */
export async function serve(
  answer: RequestListener = (_, response) => response.end('ok'),
  host = '127.0.0.1',
  atPort = 0,
) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then(
      (body) => {
        seen.push({ url: request.url ?? '', headers: request.headers, body });
        answer(request, response);
      },
      () => {},
    );
  });
  const port = await listen(server, host, atPort);
  let connections = 0;
  server.on('connection', () => connections++);
  return { url: `http://${host}:${port}/v1/receive`, port, seen, connections: () => connections, server };
}

/** Takes connections, reads what comes, and answers by `talk`. */
export async function serveRaw(talk: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    talk(socket);
  });
  const port = await listen(server, '127.0.0.1', 0);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { url: `http://127.0.0.1:${port}/`, port, sockets };
}

async function listen(server: Server | TcpServer, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  onTestFinished(() => {
    server.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** A port at which nobody listens. */
export async function deadPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
