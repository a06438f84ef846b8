import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** One address for all workers, as a load balancer has it: each connection goes to a worker that takes it. */
export interface FrontDoor {
  readonly url: string;
  close(): Promise<void>;
}

export async function openFrontDoor(ports: readonly number[]): Promise<FrontDoor> {
  const open = new Set<Socket>();
  let turn = 0;

  function keep(socket: Socket): Socket {
    open.add(socket);
    return socket.on('error', () => socket.destroy()).once('close', () => open.delete(socket));
  }

  /** The first one that answers, beginning with the one whose turn it is. */
  function pass(visitor: Socket, untried: readonly number[]): void {
    const [port, ...others] = untried;
    if (port === undefined) return void visitor.destroy();
    const worker = keep(connect({ host: '127.0.0.1', port }));
    const refused = () => pass(visitor, others);
    worker.once('error', refused);
    worker.once('connect', () => {
      worker.off('error', refused);
      worker.once('close', () => visitor.destroy());
      visitor.once('close', () => worker.destroy());
      visitor.pipe(worker).pipe(visitor);
    });
  }

  const server = createServer((visitor) => {
    turn += 1;
    keep(visitor);
    pass(visitor, [...ports.slice(turn % ports.length), ...ports.slice(0, turn % ports.length)]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
