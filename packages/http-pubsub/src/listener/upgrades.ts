import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { httpPubsubError } from '../errors.ts';
import { pathOf } from './routes.ts';

/** Takes over the connection, or closes it. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Who takes connections that become something else, such as WebSockets. */
export interface Upgrades {
  /** Throws PUBSUB_OPTIONS when the path is taken. */
  attach(path: string, handler: UpgradeHandler): () => void;
  /** False: nobody is there, and nothing was done. */
  offer(request: IncomingMessage, socket: Duplex, head: Buffer, url: string): boolean;
}

export function createUpgrades(): Upgrades {
  const handlers = new Map<string, UpgradeHandler>();
  return {
    attach(path, handler) {
      if (handlers.has(path)) {
        throw httpPubsubError('PUBSUB_OPTIONS', `Upgrades of ${path} are taken on this listener.`);
      }
      handlers.set(path, handler);
      return () => {
        if (handlers.get(path) === handler) handlers.delete(path);
      };
    },
    offer(request, socket, head, url) {
      const handler = handlers.get(pathOf(url));
      handler?.(request, socket, head);
      return handler !== undefined;
    },
  };
}
