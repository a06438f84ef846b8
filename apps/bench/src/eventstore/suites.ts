import type { Suite } from '../suite.ts';
import { eventstoreContender } from './contender.ts';
import type { ReaderName } from './readers.ts';
import { startServer } from './server.ts';

const names = {
  raw: 'raw client',
  batches: 'raw client, acks in batches',
  millrace: 'millrace',
} as const;

function eventstoreSuite(
  mode: 'catchup' | 'persistent',
  messages: number,
  readers: readonly (readonly [name: string, reader: ReaderName])[],
  peers: readonly string[] = [],
): Suite {
  const compared = { millrace: names.millrace, raw: names.raw, peers };
  return {
    name: `eventstore ${mode}`,
    messages,
    warmUps: 2,
    samples: 12,
    quantities: [
      { ...compared, id: `eventstore.${mode}.throughput`, kind: 'throughput' },
      { ...compared, id: `eventstore.${mode}.cpu_us`, kind: 'cpu' },
    ],
    async open() {
      const server = startServer();
      return {
        contenders: readers.map(([name, reader]) => eventstoreContender(server, name, reader)),
        close: () => server.close(),
      };
    },
  };
}

export const eventstoreSuites: readonly Suite[] = [
  eventstoreSuite('catchup', 50_000, [
    [names.raw, 'raw-catch-up'],
    [names.millrace, 'millrace-catch-up'],
  ]),
  eventstoreSuite(
    'persistent',
    20_000,
    [
      [names.raw, 'raw-persistent'],
      [names.batches, 'raw-persistent-batches'],
      [names.millrace, 'millrace-persistent'],
    ],
    [names.batches],
  ),
];
