import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { authBySecrets, createListener, httpPubsub } from '@millrace/http-pubsub';
import type { BenchMessage } from './bench-message.ts';
import { topic } from './bench-message.ts';
import type { StartReceiving } from './receiver.ts';

export const millraceReceiver: StartReceiving = async ({ secrets, broadcaster, handled }) => {
  const listener = createListener({ port: 0 });
  const address = await listener.listen();
  const publicUrl = `http://127.0.0.1:${address?.port}`;
  const source = httpPubsub({
    listener,
    publicUrl,
    broadcasters: [{ url: broadcaster }],
    auth: authBySecrets(secrets),
    exact: [topic],
  });
  const { deadLetters, ownership } = memoryStore();
  const consumer = createConsumer({
    name: 'bench',
    sources: [source],
    store: { deadLetters, ownership },
    log: silentLogger,
  });
  consumer.on<BenchMessage>(topic, async ({ data }) => handled(data.number));
  await consumer.start();
  return {
    url: `${publicUrl}/v1/receive`,
    async stop() {
      await consumer.stop();
      await listener.close();
    },
  };
};
