import { join } from 'node:path';
import type { Listener, Publisher, Secrets } from '@millrace/http-pubsub';
import { authBySecrets, createListener, createSecret, httpPublisher, outgoing } from '@millrace/http-pubsub';
import type { Broadcaster, BroadcasterStore, WebsocketEndpoint } from '@millrace/http-pubsub/broadcaster';
import {
  createBroadcaster,
  serveWebsockets,
  sqliteBroadcasterStore,
} from '@millrace/http-pubsub/broadcaster';

/** Where topics are published and subscribed to: a broadcaster inside of this process. */
export interface PushCenter {
  readonly url: string;
  readonly secrets: Secrets;
  /** Resolves with how many were reached. Rejects when nobody answers; to do it again with the same id is no harm. */
  readonly publisher: Publisher;
  /** What the broadcaster has still to deliver to subscribers that did not take it. */
  undelivered(): Promise<number>;
  stop(): Promise<void>;
  /** At the same address, with all that it had. */
  start(): Promise<void>;
  close(): Promise<void>;
}

interface Running {
  readonly broadcaster: Broadcaster;
  readonly sockets: WebsocketEndpoint;
  readonly listener: Listener;
  readonly store: BroadcasterStore;
}

export async function openPushCenter(directory: string): Promise<PushCenter> {
  const secrets = { 'to-broadcaster': createSecret('hmac'), 'to-subscriber': createSecret('hmac') };
  // Without the guard that keeps a broadcaster from calling addresses of its own machine.
  const client = outgoing();
  let running: Running | undefined;
  let port = 0;

  async function start(): Promise<void> {
    const store = sqliteBroadcasterStore({
      path: join(directory, 'broadcaster.sqlite'),
      durability: 'normal',
    });
    const options = { store, auth: authBySecrets(secrets), outgoing: client };
    const broadcaster = createBroadcaster(options);
    const sockets = serveWebsockets(broadcaster, options);
    const listener = createListener({ port });
    listener.attach(broadcaster.routes);
    listener.attachUpgrade('/v1/websocket', sockets.upgrade);
    const address = await listener.listen();
    port = address?.port ?? 0;
    broadcaster.start();
    running = { broadcaster, sockets, listener, store };
  }

  async function stop(): Promise<void> {
    if (running === undefined) return;
    const { broadcaster, sockets, listener, store } = running;
    running = undefined;
    await sockets.close();
    await Promise.all([broadcaster.stop(), listener.close()]);
    await store.close();
  }

  await start();
  const url = `http://127.0.0.1:${port}`;
  const publisher = httpPublisher({
    broadcasters: [{ url }],
    auth: authBySecrets(secrets),
    calls: { retries: 0 },
    retryAmbiguous: true,
  });
  return {
    url,
    secrets,
    publisher,
    async undelivered() {
      const { stored } = (await running?.broadcaster.metrics()) ?? {};
      return stored === undefined ? 1 : stored.deliveries;
    },
    stop,
    start,
    async close() {
      await publisher.close();
      await stop();
      await client.close();
    },
  };
}
