import { startFauxqs } from 'fauxqs';

/** A queue on an SQS server in this process. */
export interface Queue {
  readonly name: string;
  readonly port: number;
  readonly connection: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** Sends so many orders more. */
  publish(count: number): void;
  readonly published: readonly string[];
  /** Messages that are waiting, delayed or with a consumer. */
  unsettled(): number;
  stop(): Promise<void>;
}

export async function startQueue(): Promise<Queue> {
  const server = await startFauxqs({ port: 0, logger: false });
  const name = 'orders';
  server.createQueue(name);
  const published: string[] = [];
  return {
    name,
    port: server.port,
    connection: {
      endpoint: server.address,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    },
    publish(count) {
      for (let sent = 0; sent < count; sent += 1) {
        const id = `order-${published.length + 1}`;
        published.push(id);
        server.sendMessage(name, JSON.stringify({ id }), {
          messageAttributes: {
            event: { DataType: 'String', StringValue: 'Order' },
            'event-id': { DataType: 'String', StringValue: id },
          },
        });
      }
    },
    published,
    unsettled() {
      const { ready, delayed, inflight } = server.inspectQueue(name)?.messages ?? {
        ready: [],
        delayed: [],
        inflight: [],
      };
      return ready.length + delayed.length + inflight.length;
    },
    stop: () => server.stop(),
  };
}
