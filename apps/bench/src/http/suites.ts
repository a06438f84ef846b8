import type { Secrets } from '@millrace/http-pubsub';
import { createSecret } from '@millrace/http-pubsub';
import { needsLonelyps } from '../../../../packages/http-pubsub/test/python/lonelyps.ts';
import type { Contender } from '../measure/contender.ts';
import type { Suite } from '../suite.ts';
import { startMillrace, startStock } from './broadcasters.ts';
import { fanOutContender } from './fan-out-contender.ts';
import { startLonelypsc } from './lonelypsc.ts';
import { startNeighbours } from './neighbours.ts';
import type { Post } from './receive-contender.ts';
import { receiveContender } from './receive-contender.ts';
import { startReceiver } from './receiver-client.ts';
import { startSender } from './sender.ts';

const names = {
  bare: 'node:http',
  millrace: 'millrace',
  stock: 'lonelypsc',
  broadcaster: 'lonelypss',
} as const;
const compared = { millrace: names.millrace, raw: names.bare };

function newSecrets(): Secrets {
  return { 'to-broadcaster': createSecret('hmac'), 'to-subscriber': createSecret('hmac') };
}

function receiveSuite(
  name: string,
  {
    id,
    messages,
    peers,
  }: { readonly id: string; readonly messages: number; readonly peers: readonly string[] },
  others: (post: Post) => Promise<readonly Contender[] | { readonly missing: string }>,
): Suite {
  return {
    name,
    messages,
    warmUps: 2,
    samples: 12,
    quantities: [
      { ...compared, id: `${id}.throughput`, kind: 'throughput', peers },
      { ...compared, id: `${id}.cpu_us`, kind: 'cpu', peers },
    ],
    async open() {
      const sender = startSender();
      const secrets = newSecrets();
      const post = { sender, secrets, broadcaster: await sender.ask('open', secrets) };
      const close = async () => {
        await sender.ask('close');
        await sender.close();
      };
      const more = await others(post);
      if ('missing' in more) {
        await close();
        return more;
      }
      const contenders = [
        receiveContender(names.bare, startReceiver('bare'), post),
        receiveContender(names.millrace, startReceiver('millrace'), post),
        ...more,
      ];
      return { contenders, close };
    },
  };
}

async function missingPython(): Promise<{ readonly missing: string } | undefined> {
  const { meta } = await needsLonelyps();
  return meta?.skipReason === undefined ? undefined : { missing: meta.skipReason };
}

/** Published to so many subscribers. There are few messages, for lonelypss tells one subscriber after the other. */
function fanOutSuite(subscribers: number, messages: number): Suite {
  const id = `http.fanout.${subscribers}`;
  const against = { millrace: names.millrace, raw: names.broadcaster, peers: [] };
  return {
    name: `http fan-out to ${subscribers}`,
    messages,
    // Few messages at a time need many times until all is compiled; lonelypss has no such need.
    warmUps: 4,
    samples: 8,
    quantities: [
      { ...against, id: `${id}.throughput`, kind: 'throughput' },
      { ...against, id: `${id}.cpu_us`, kind: 'cpu' },
    ],
    async open() {
      const missing = await missingPython();
      if (missing) return missing;
      const neighbours = startNeighbours();
      const secrets = newSecrets();
      await neighbours.ask('open', secrets);
      const surroundings = { neighbours, subscribers };
      return {
        contenders: [
          fanOutContender(names.broadcaster, await startStock(secrets), surroundings),
          fanOutContender(names.millrace, await startMillrace(secrets), surroundings),
        ],
        async close() {
          await neighbours.ask('close');
          await neighbours.close();
        },
      };
    },
  };
}

async function stockClient(post: Post): Promise<readonly Contender[] | { readonly missing: string }> {
  const missing = await missingPython();
  if (missing) return missing;
  const { broadcaster, secrets } = post;
  return [receiveContender(names.stock, await startLonelypsc(broadcaster, secrets), post)];
}

export const httpSuites: readonly Suite[] = [
  receiveSuite('http receive', { id: 'http.receive', messages: 10_000, peers: [] }, async () => []),
  // Fewer, for it takes its time.
  receiveSuite(
    'http receive, beside lonelypsc',
    { id: 'http.receive.stock', messages: 1_000, peers: [names.stock] },
    stockClient,
  ),
  fanOutSuite(1, 400),
  fanOutSuite(10, 100),
  fanOutSuite(100, 15),
];
