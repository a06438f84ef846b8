import { buildApp } from 'fauxqs';

/** An SQS and SNS server inside of this process. What it tells of its queues comes from nowhere else. */
export interface Server {
  readonly endpoint: string;
  /** Messages that are in these queues: waiting, delayed, or with a consumer. */
  backlog(queues: readonly string[]): Promise<number>;
  /** Ids of the events that consumers have received and not settled. */
  received(): Promise<ReadonlySet<string>>;
  stop(): Promise<void>;
}

interface QueueState {
  readonly name: string;
  readonly approximateMessageCount: number;
  readonly approximateInflightCount: number;
  readonly approximateDelayedCount: number;
}

interface QueueContents {
  readonly messages: { readonly inflight: readonly { readonly message: StoredMessage }[] };
}

interface StoredMessage {
  readonly body: string;
  readonly messageAttributes: { readonly 'event-id'?: { readonly StringValue?: string } };
}

/** Listens on the loopback address only, which `startFauxqs` would not. */
export async function startServer(): Promise<Server> {
  const app = buildApp({ logger: false });
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 });

  async function inspect<T>(path: string): Promise<T> {
    const answer = await app.inject(`/_fauxqs/queues${path}`);
    return answer.json<T>();
  }

  return {
    endpoint,
    async backlog(queues) {
      const states = await inspect<readonly QueueState[]>('');
      return states
        .filter(({ name }) => queues.includes(name))
        .flatMap((queue) => [
          queue.approximateMessageCount,
          queue.approximateInflightCount,
          queue.approximateDelayedCount,
        ])
        .reduce((sum, count) => sum + count, 0);
    },
    async received() {
      const queues = await inspect<readonly QueueState[]>('');
      const contents = await Promise.all(queues.map(({ name }) => inspect<QueueContents>(`/${name}`)));
      return new Set(
        contents.flatMap(({ messages }) => messages.inflight.map(({ message }) => eventIdOf(message))),
      );
    },
    stop: () => app.close(),
  };
}

/** With raw delivery the id is an attribute of the message, else it is in SNS's envelope. Empty for what is no event. */
function eventIdOf({ body, messageAttributes }: StoredMessage): string {
  const id = messageAttributes['event-id']?.StringValue;
  if (id !== undefined || !body.includes('"TopicArn"')) return id ?? '';
  const envelope = JSON.parse(body) as { MessageAttributes?: { 'event-id'?: { Value?: string } } };
  return envelope.MessageAttributes?.['event-id']?.Value ?? '';
}
