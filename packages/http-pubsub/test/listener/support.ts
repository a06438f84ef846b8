import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import type { Route } from '../../src/index.ts';

/** Answers with what it was sent. */
export const echo: Route = {
  method: 'POST',
  path: '/v1/echo',
  async handle({ body, headers, method, url }) {
    const bytes = await buffer(body);
    const said = { method, url, type: headers['content-type'], bytes: bytes.toString('base64') };
    return { status: 201, headers: { 'content-type': 'application/json' }, body: JSON.stringify(said) };
  },
};

/** A client that sends what it likes, when it likes. */
export interface RawClient {
  readonly socket: Socket;
  send(text: string): void;
  /** Resolves with all that was answered, once the other side has closed. */
  readonly closed: Promise<string>;
  /** Resolves once the answer so far contains the text. */
  heard(text: string): Promise<void>;
}

export async function rawClient(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('latin1');
  socket.on('error', () => {});
  let answer = '';
  socket.on('data', (chunk: string) => (answer += chunk));
  const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(answer)));
  await once(socket, 'connect');
  return {
    socket,
    send: (text) => void socket.write(text, 'latin1'),
    closed,
    async heard(text) {
      while (!answer.includes(text) && !socket.closed) {
        await new Promise<void>((resolve) => {
          socket.once('data', () => resolve());
          void closed.then(() => resolve());
        });
      }
      if (!answer.includes(text)) throw new Error(`The connection closed after: ${answer}`);
    },
  };
}

export function post(path: string, headers: string, body = ''): string {
  return `POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n${body}`;
}
