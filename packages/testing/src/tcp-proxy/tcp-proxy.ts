import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import type { Direction, DirectionFaults } from './direction.ts';
import { heal, noFaults } from './direction.ts';
import { startFlow } from './flow.ts';

export interface TcpProxyOptions {
  /** The server that clients of the proxy are to reach. */
  readonly target: {
    /** @default '127.0.0.1' */
    readonly host?: string;
    readonly port: number;
  };
  /**
   * Where it listens itself.
   * @default 0: a free one
   */
  readonly port?: number;
  /**
   * Draws jitter and the sizes of pieces. Give a seeded one to see the same again.
   * @default Math.random
   */
  readonly random?: () => number;
  /**
   * The clock of latency and pauses.
   * @default the system's
   */
  readonly clock?: Clock;
}

export interface Where {
  /** @default both */
  readonly direction?: Direction;
}

/**
 * Stands between a client and a server and does what networks do. Faults hold for all connections, those that are
 * open included, until `heal`; different ones add up.
 */
export interface TcpProxy extends AsyncDisposable {
  /** The loopback address, and a port of it. */
  readonly host: string;
  readonly port: number;
  /** Clients that are connected. */
  readonly connections: number;
  /** Delays each chunk by `milliseconds`, and up to `jitter` more. The order stays, the throughput too. */
  latency(options: { readonly milliseconds: number; readonly jitter?: number } & Where): void;
  /**
   * Accepts connections and bytes and forwards nothing, the ends of connections included. What was held back goes
   * through after `heal`, as it does when a network comes back and TCP sends again.
   */
  blackHole(options?: Where): void;
  /** Forwards in pieces of 1 to `size` bytes, `pause` milliseconds (default 1) apart. */
  slice(options: { readonly size: number; readonly pause?: number } & Where): void;
  /**
   * Lets `after` bytes through, counted from now and for each connection alone, and closes the connection where the
   * next one would follow. Ends after `times` connections (default 1).
   */
  cut(options: { readonly after: number; readonly times?: number } & Where): void;
  /** Ends every open connection with a TCP reset at both ends; new ones work. Tells how many there were. */
  reset(): number;
  /** Resets every open connection; new ones are refused, as if no server listened. */
  refuse(): Promise<void>;
  /** Ends all faults. Rejects when another process has taken the port while connections were refused. */
  heal(): Promise<void>;
  /** Closes every open connection, without a reset, and listens no more. Works twice. */
  close(): Promise<void>;
}

/** A client's connection and the one that goes on from it to the target. */
interface Joined {
  /** As a broken one. */
  reset(): void;
  end(): void;
}

const host = '127.0.0.1';

/** Starts to listen. Rejects when the port is taken, or the loopback address has no free one. */
export async function tcpProxy({
  target,
  port: wanted = 0,
  random = Math.random,
  clock = systemClock,
}: TcpProxyOptions): Promise<TcpProxy> {
  const faults: Readonly<Record<Direction, DirectionFaults>> = {
    'to-target': noFaults(),
    'to-client': noFaults(),
  };
  const open = new Set<Joined>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, join);
  await listen(server, wanted);
  const { port } = server.address() as AddressInfo;

  function join(client: Socket): void {
    const upstream = connect({ host, ...target, allowHalfOpen: true, noDelay: true });
    const over = new AbortController();
    const sockets = [client, upstream];
    const joined: Joined = {
      reset() {
        over.abort();
        for (const socket of sockets) if (!socket.destroyed) socket.resetAndDestroy();
      },
      end() {
        over.abort();
        for (const socket of sockets) socket.destroy();
      },
    };
    open.add(joined);
    const common = { clock, random, reset: joined.reset, over: over.signal };
    startFlow({ ...common, from: client, to: upstream, faults: faults['to-target'] });
    startFlow({ ...common, from: upstream, to: client, faults: faults['to-client'] });
    for (const socket of sockets) {
      socket.once('close', () => {
        if (!client.destroyed || !upstream.destroyed) return;
        over.abort();
        open.delete(joined);
      });
    }
  }

  function both({ direction }: Where): readonly DirectionFaults[] {
    return direction === undefined ? Object.values(faults) : [faults[direction]];
  }

  function reset(): number {
    const count = open.size;
    for (const joined of open) joined.reset();
    return count;
  }

  async function refuse(): Promise<void> {
    reset();
    await stopListening();
  }

  async function close(): Promise<void> {
    for (const joined of open) joined.end();
    await stopListening();
  }

  async function stopListening(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    await closed;
  }

  return {
    host,
    port,
    get connections() {
      return open.size;
    },
    latency({ milliseconds, jitter = 0, ...where }) {
      for (const direction of both(where)) direction.latency = { milliseconds, jitter };
    },
    blackHole(where = {}) {
      for (const direction of both(where)) direction.blackHole ??= Promise.withResolvers();
    },
    slice({ size, pause = 1, ...where }) {
      for (const direction of both(where)) direction.slicing = { size, pause };
    },
    cut({ after, times = 1, ...where }) {
      for (const direction of both(where)) direction.cut = { after, left: times };
    },
    reset,
    refuse,
    async heal() {
      for (const direction of both({})) heal(direction);
      if (!server.listening) await listen(server, port);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function listen(server: Server, port: number): Promise<void> {
  const listening = once(server, 'listening');
  server.listen(port, host);
  await listening;
}
