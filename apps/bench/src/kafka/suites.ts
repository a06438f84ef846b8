import type { Contender } from '../measure/contender.ts';
import type { Quantity } from '../report/result.ts';
import type { Suite } from '../suite.ts';
import type { Broker } from './broker.ts';
import { startBroker } from './broker.ts';
import { consumeContender } from './consume-contender.ts';
import type { ConsumerName } from './consumers.ts';
import { produceContender } from './produce-contender.ts';
import type { SenderName } from './senders.ts';
import type { WayName } from './ways.ts';

const names = {
  raw: 'raw client',
  hundreds: 'raw client, a commit for each 100',
  millrace: 'millrace, in order of partitions',
  key: 'millrace, in order of keys',
  idempotent: 'millrace, with idempotency',
  platformatic: 'millrace, by @platformatic/kafka',
  nest: 'nestjs@12',
} as const;

type Compared = Omit<Quantity, 'kind' | 'id'>;

/** Of an id both the throughput and the CPU time. */
function quantities(id: string, compared: Compared): readonly Quantity[] {
  return [
    { ...compared, id: `${id}.throughput`, kind: 'throughput' },
    { ...compared, id: `${id}.cpu_us`, kind: 'cpu' },
  ];
}

async function openOn(contenders: (broker: Broker) => readonly Contender[]): ReturnType<Suite['open']> {
  const broker = await startBroker();
  if ('missing' in broker) return broker;
  return { contenders: contenders(broker), close: () => broker.close() };
}

const consuming: readonly (readonly [name: string, consumer: ConsumerName])[] = [
  [names.raw, 'raw'],
  [names.hundreds, 'raw-hundreds'],
  [names.millrace, 'millrace'],
  [names.key, 'millrace-key'],
  [names.idempotent, 'millrace-idempotent'],
  [names.platformatic, 'millrace-platformatic'],
  [names.nest, 'nest'],
];

const consumeSuite: Suite = {
  name: 'kafka consume',
  messages: 40_000,
  warmUps: 2,
  samples: 12,
  quantities: [
    ...quantities('kafka.consume', {
      millrace: names.millrace,
      raw: names.raw,
      peers: [names.hundreds, names.nest],
    }),
    ...quantities('kafka.consume.key', {
      millrace: names.key,
      raw: names.raw,
      peers: [names.millrace, names.nest],
    }),
    ...quantities('kafka.consume.idempotency', {
      millrace: names.idempotent,
      raw: names.raw,
      peers: [names.millrace, names.nest],
    }),
    ...quantities('kafka.consume.platformatic', {
      millrace: names.platformatic,
      raw: names.raw,
      peers: [names.millrace, names.nest],
    }),
  ],
  open: () =>
    openOn((broker) => consuming.map(([name, consumer]) => consumeContender(broker, name, consumer))),
};

const producing: readonly (readonly [name: string, sender: SenderName])[] = [
  [names.raw, 'raw'],
  [names.millrace, 'millrace'],
  [names.platformatic, 'millrace-platformatic'],
  [names.nest, 'nest'],
];

function produceSuite(way: WayName, messages: number): Suite {
  return {
    name: `kafka produce, ${way}`,
    messages,
    warmUps: 2,
    samples: 12,
    quantities: [
      ...quantities(`kafka.produce.${way}`, {
        millrace: names.millrace,
        raw: names.raw,
        peers: [names.nest],
      }),
      ...quantities(`kafka.produce.platformatic.${way}`, {
        millrace: names.platformatic,
        raw: names.raw,
        peers: [names.millrace, names.nest],
      }),
    ],
    open: () =>
      openOn((broker) => producing.map(([name, sender]) => produceContender(broker, name, sender, way))),
  };
}

export const kafkaSuites: readonly Suite[] = [
  consumeSuite,
  produceSuite('batches', 50_000),
  produceSuite('singles', 2_000),
];
