import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';

/** HTTP/1.1 in its leanest form, so that the sender is not what is measured: whole requests out, replies by their length in. */
export async function postAll(
  { host, port }: { readonly host: string; readonly port: number },
  requests: readonly Buffer[],
  { connections, confirms }: { readonly connections: number; readonly confirms: (body: Buffer) => boolean },
): Promise<void> {
  let next = 0;

  async function post(socket: Socket): Promise<void> {
    const replies = readReplies(socket);
    for (let request = requests[next]; request; request = requests[next]) {
      next += 1;
      socket.write(request);
      const { value: reply } = await replies.next();
      if (reply?.status !== 200 || !confirms(reply.body))
        throw new Error(`A message was answered with ${reply?.status}.`);
    }
  }

  const sockets = Array.from({ length: connections }, () => connect({ host, port, noDelay: true }));
  try {
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    await Promise.all(sockets.map(post));
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

interface Reply {
  readonly status: number;
  readonly body: Buffer;
}

async function* readReplies(socket: Socket): AsyncGenerator<Reply, undefined> {
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of socket) {
    held = held.length === 0 ? (chunk as Buffer) : Buffer.concat([held, chunk as Buffer]);
    for (;;) {
      const end = held.indexOf('\r\n\r\n');
      if (end < 0) break;
      const head = held.toString('latin1', 0, end);
      const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      if (held.length < end + 4 + length) break;
      const body = held.subarray(end + 4, end + 4 + length);
      held = held.subarray(end + 4 + length);
      yield { status: Number(head.slice(9, 12)), body };
    }
  }
  return undefined;
}
