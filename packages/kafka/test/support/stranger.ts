import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { onTestFinished } from 'vitest';

/** The beginning of a request. https://kafka.apache.org/protocol#protocol_messages */
export interface RequestHead {
  readonly api: number;
  readonly version: number;
  readonly correlation: number;
}

/** `ApiVersions`, which a client asks for first. */
export const apiVersions = 18;

/** Listens on a free port, and answers each request as told. Answers its address; ends with the test. */
export async function startStranger(answer: (request: RequestHead, socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      if (bytes.length < 12) return;
      const head = {
        api: bytes.readInt16BE(4),
        version: bytes.readInt16BE(6),
        correlation: bytes.readInt32BE(8),
      };
      answer(head, socket);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What a broker says that it speaks: of each API the lowest and the highest version. */
export function versionsAnswer(
  { correlation, version }: RequestHead,
  ranges: readonly (readonly [api: number, lowest: number, highest: number])[],
  error = 0,
): Buffer {
  const answer = Buffer.alloc(14 + 6 * ranges.length + (version > 0 ? 4 : 0));
  answer.writeInt32BE(answer.length - 4);
  answer.writeInt32BE(correlation, 4);
  answer.writeInt16BE(error, 8);
  answer.writeInt32BE(ranges.length, 10);
  ranges.flat().forEach((value, index) => answer.writeInt16BE(value, 14 + 2 * index));
  return answer;
}
