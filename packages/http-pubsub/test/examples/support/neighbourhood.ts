import type { Auth, Listener } from '@millrace/http-pubsub';
import { authBySecrets, createListener, createSecret, outgoing } from '@millrace/http-pubsub';
import { createBroadcaster, memoryBroadcasterStore } from '@millrace/http-pubsub/broadcaster';
import { onTestFinished } from 'vitest';

export interface Neighbourhood {
  readonly broadcasters: readonly { readonly url: string }[];
  readonly auth: Auth;
  /** What subscribers share, and where it is found. */
  readonly listener: Listener;
  readonly url: string;
}

/** A broadcaster, and a place for subscribers; both end with the test. */
export async function neighbourhood(): Promise<Neighbourhood> {
  const auth = authBySecrets({
    'to-broadcaster': createSecret('hmac'),
    'to-subscriber': createSecret('hmac'),
  });
  // Without the guard that keeps a broadcaster from calling addresses of this machine.
  const client = outgoing();
  const broadcaster = createBroadcaster({ store: memoryBroadcasterStore(), auth, outgoing: client });
  const [front, listener] = [createListener({ port: 0 }), createListener({ port: 0 })];
  front.attach(broadcaster.routes);
  const [there, here] = await Promise.all([front.listen(), listener.listen()]);
  broadcaster.start();
  onTestFinished(async () => {
    await Promise.all([broadcaster.stop(), front.close(), listener.close()]);
    await client.close();
  });
  return {
    auth,
    broadcasters: [{ url: `http://127.0.0.1:${there?.port}` }],
    listener,
    url: `http://127.0.0.1:${here?.port}`,
  };
}
