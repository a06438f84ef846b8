import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { onTestFinished } from 'vitest';
import type { TcpProxy, TcpProxyOptions } from '../../src/index.ts';
import { tcpProxy } from '../../src/index.ts';

/** A server that sends back what it gets, and the proxy in front of it. */
export async function proxiedEcho(options: Omit<TcpProxyOptions, 'target'> = {}): Promise<{
  readonly proxy: TcpProxy;
  /** What the server got, of all connections. */
  readonly received: () => string;
  /** How its connections ended. */
  readonly endings: readonly string[];
}> {
  const chunks: Buffer[] = [];
  const endings: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      socket.write(chunk);
    });
    socket.once('end', () => endings.push('end'));
    socket.once('error', (error: NodeJS.ErrnoException) => endings.push(error.code ?? ''));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const proxy = await tcpProxy({ target: { port }, ...options });
  onTestFinished(async () => {
    await proxy.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { proxy, received: () => Buffer.concat(chunks).toString(), endings };
}

/** A client, and all that became of it. */
export interface Client {
  readonly socket: Socket;
  readonly chunks: readonly string[];
  readonly text: string;
  /** `end`, or the code of the error. */
  readonly ending: string | undefined;
}

export async function client({ host, port }: TcpProxy): Promise<Client> {
  const chunks: string[] = [];
  let ending: string | undefined;
  const socket = connect({ host, port, noDelay: true });
  socket.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  socket.once('end', () => (ending ??= 'end'));
  socket.once('error', (error: NodeJS.ErrnoException) => (ending ??= error.code));
  onTestFinished(() => void socket.destroy());
  // Whether it worked or not, its ending tells.
  await new Promise<void>((resolve) => socket.once('connect', resolve).once('close', () => resolve()));
  return {
    socket,
    chunks,
    get text() {
      return chunks.join('');
    },
    get ending() {
      return ending;
    },
  };
}
