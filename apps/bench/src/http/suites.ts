import type { Secrets } from '@millrace/http-pubsub';
import { createSecret } from '@millrace/http-pubsub';
import type { Suite } from '../suite.ts';
import { receiveContender } from './receive-contender.ts';
import { startReceiver } from './receiver-client.ts';
import { startSender } from './sender.ts';

const names = { bare: 'node:http', millrace: 'millrace' } as const;

function newSecrets(): Secrets {
  return { 'to-broadcaster': createSecret('hmac'), 'to-subscriber': createSecret('hmac') };
}

const receiveSuite: Suite = {
  name: 'http receive',
  messages: 10_000,
  warmUps: 2,
  samples: 12,
  quantities: [
    {
      id: 'http.receive.throughput',
      kind: 'throughput',
      millrace: names.millrace,
      raw: names.bare,
      peers: [],
    },
    { id: 'http.receive.cpu_us', kind: 'cpu', millrace: names.millrace, raw: names.bare, peers: [] },
  ],
  async open() {
    const sender = startSender();
    const secrets = newSecrets();
    const post = { sender, secrets, broadcaster: await sender.ask('open', secrets) };
    return {
      contenders: [
        receiveContender(names.bare, startReceiver('bare'), post),
        receiveContender(names.millrace, startReceiver('millrace'), post),
      ],
      async close() {
        await sender.ask('close');
        await sender.close();
      },
    };
  },
};

export const httpSuites: readonly Suite[] = [receiveSuite];
