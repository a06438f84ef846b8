import type { HttpHandler } from './http/exchange.ts';
import type { HttpServer } from './http/http-server.ts';
import { httpServer } from './http/http-server.ts';
import type { ReplyWriter } from './http/reply-writer.ts';

/** Where the org can be reached. An org that moves keeps its old addresses, which point to the new one. */
export interface Instances {
  /** Where clients log in: the first address. */
  readonly login: string;
  readonly current: string;
  readonly all: readonly string[];
  move(): Promise<void>;
  close(): Promise<void>;
}

export interface InstancesOptions {
  readonly port: number;
  readonly handler: HttpHandler;
  readonly write: ReplyWriter;
  readonly onMoved: () => void;
}

export async function startInstances({
  port,
  handler,
  write,
  onMoved,
}: InstancesOptions): Promise<Instances> {
  const first = await httpServer(port, handler, write);
  const servers: HttpServer[] = [first];
  let current = first;
  return {
    login: first.url,
    get current() {
      return current.url;
    },
    get all() {
      return servers.map(({ url }) => url);
    },
    async move() {
      current = await httpServer(0, handler, write);
      servers.push(current);
      onMoved();
    },
    async close() {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}
