import { authBySecrets, createListener, outgoing } from '@millrace/http-pubsub';
import { createBroadcaster, memoryBroadcasterStore } from '@millrace/http-pubsub/broadcaster';
import { serve } from '../process/serve.ts';
import type { BroadcasterCalls } from './broadcasters.ts';

let stop = async () => {};

serve({
  async start(secrets) {
    const client = outgoing();
    const auth = authBySecrets(secrets);
    const broadcaster = createBroadcaster({ store: memoryBroadcasterStore(), auth, outgoing: client });
    const listener = createListener({ port: 0 });
    listener.attach(broadcaster.routes);
    const address = await listener.listen();
    broadcaster.start();
    stop = async () => {
      await Promise.all([broadcaster.stop(), listener.close()]);
      await client.close();
    };
    return `http://127.0.0.1:${address?.port}`;
  },
  cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  stop: () => stop(),
} satisfies BroadcasterCalls);
