import { eventFacts } from '../../wire/event-facts.ts';
import type { Broadcaster } from '../broadcaster.ts';
import type { BroadcasterOptions } from '../options.ts';
import type { WebsocketEndpoint } from './endpoint.ts';
import { createWebsocketEndpoint } from './endpoint.ts';
import type { SocketOptions } from './options.ts';
import type { SocketHub } from './settings.ts';

/**
 * Lets subscribers and publishers in over WebSockets: `listener.attachUpgrade('/v1/websocket', endpoint.upgrade)`. Takes the
 * options of the broadcaster again. Where several broadcasters share a store, with `self` in them, sockets hear what any of
 * them publishes. Close it before the broadcaster. Throws PUBSUB_OPTIONS.
 */
export function serveWebsockets(
  broadcaster: Broadcaster,
  options: BroadcasterOptions,
  sockets: SocketOptions = {},
): WebsocketEndpoint {
  const { auth, clients, authorize, clock, log, limits } = options;
  const endpoint = createWebsocketEndpoint({
    auth,
    ...(clients && { clients }),
    ...(authorize && { authorize }),
    ...(clock && { clock }),
    ...(log && { log }),
    ...(limits?.message !== undefined && { maxBody: limits.message }),
    ...sockets,
    hub: hubOf(broadcaster, options),
  });
  const detach = broadcaster.attachLocal(endpoint);
  return {
    ...endpoint,
    get sockets() {
      return endpoint.sockets;
    },
    get waiting() {
      return endpoint.waiting;
    },
    async close() {
      await endpoint.close();
      detach();
    },
  };
}

function hubOf(broadcaster: Broadcaster, { store, self }: BroadcasterOptions): SocketHub {
  /** What a process of the same URL has left behind, when it could not say good-bye. */
  let tidied: Promise<unknown> | undefined;
  const tidy = (url: string) =>
    (tidied ??= store.subscriptions.replace(url, { exact: [], globs: [] }).catch((error: unknown) => {
      tidied = undefined;
      throw error;
    }));

  return {
    async publish({ topic, tracing, body }) {
      const facts = eventFacts(tracing) ?? {};
      const { subscribers } = await broadcaster.notify(topic, body.chunks(), {
        ...facts,
        length: body.length,
      });
      return subscribers;
    },
    ...(self && {
      async interest(change, wanted) {
        const { url, recovery } = self;
        await tidy(url);
        if (change === 'removed') await store.subscriptions.unsubscribe(url, wanted);
        else await store.subscriptions.subscribe({ url, wanted, recovery });
      },
    }),
  };
}
