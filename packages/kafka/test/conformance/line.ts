import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { connect as connectSocket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Connection } from '@platformatic/kafka';
import type { ISocketFactory } from 'kafkajs';
import { Kafka, logLevel } from 'kafkajs';
import type { KafkaClient } from '../../src/index.ts';
import { kafkajsClient } from '../../src/index.ts';
import { platformaticClient } from '../../src/platformatic.ts';
import type { ClientName } from '../support/client-of.ts';

/** Milliseconds that no connection is made after those that there were are broken. */
const outage = 1_500;

/** A client whose connections are counted, and can be broken. */
export interface Line {
  readonly client: KafkaClient;
  count(): number;
  drop(): void;
  close(): void;
}

export function openLine(library: ClientName, brokers: readonly string[]): Line {
  const sockets = new Set<Socket>();
  let downUntil = 0;

  function add(socket: Socket): void {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (performance.now() < downUntil) socket.destroy(new Error('The network is down.'));
  }

  const { client, close } =
    library === 'kafkajs' ? overKafkajs(brokers, add) : overPlatformatic(brokers, add);
  return {
    client,
    close,
    count: () => sockets.size,
    drop() {
      downUntil = performance.now() + outage;
      for (const socket of sockets) socket.destroy(new Error('The connection was dropped.'));
    },
  };
}

function overKafkajs(brokers: readonly string[], add: (socket: Socket) => void) {
  const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    const socket = ssl
      ? connectTls({ host, port, ...ssl }, onConnect)
      : connectSocket({ host, port }, onConnect);
    add(socket);
    return socket;
  };
  const connect = () =>
    new Kafka({
      brokers: [...brokers],
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 50, retries: 4 },
      socketFactory,
    });
  return { client: kafkajsClient(connect), close: () => {} };
}

function overPlatformatic(brokers: readonly string[], add: (socket: Socket) => void) {
  const channel = 'plt:kafka:instances';
  const mine = {};
  const hear = (message: unknown) => {
    const { type, instance } = message as { readonly type: string; readonly instance: Connection };
    if (type !== 'connection' || instance.context !== mine) return;
    // It gets its socket in the same turn, after it has told that it connects.
    instance.once('connecting', () => queueMicrotask(() => add(instance.socket)));
  };
  subscribe(channel, hear);
  const client = platformaticClient({ clientId: 'conformance', bootstrapBrokers: brokers, context: mine });
  return { client, close: () => unsubscribe(channel, hear) };
}
