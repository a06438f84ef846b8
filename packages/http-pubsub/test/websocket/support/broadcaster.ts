import type { WebsocketEndpointOptions } from '../../../src/broadcaster/websocket/options.ts';
import type { SocketPublication } from '../../../src/broadcaster/websocket/settings.ts';
import { createWebsocketEndpoint } from '../../../src/broadcaster/websocket/endpoint.ts';
import { createListener } from '../../../src/index.ts';

/** A broadcaster of sockets alone: what one of them publishes goes to all that want it. */
export async function startBroadcaster(
  options: Partial<WebsocketEndpointOptions> & { readonly port?: number } = {},
) {
  const published: SocketPublication[] = [];
  const endpoint = createWebsocketEndpoint({
    hub: {
      async publish(publication) {
        published.push(publication);
        return await endpoint.receive(publication);
      },
    },
    ...options,
  });
  const listener = createListener({ host: '127.0.0.1', port: options.port ?? 0 });
  listener.attachUpgrade('/v1/websocket', endpoint.upgrade);
  const { port } = (await listener.listen()) ?? { port: 0 };
  async function close(): Promise<void> {
    await endpoint.close();
    await listener.close();
  }
  return { url: `ws://127.0.0.1:${port}`, port, endpoint, published, close, [Symbol.asyncDispose]: close };
}
