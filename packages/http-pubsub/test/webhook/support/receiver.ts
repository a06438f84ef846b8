import type {
  Consumer,
  HandlerContext,
  IdempotencyOptions,
  LogFields,
  Message,
  SourceSettings,
  Store,
} from '@millrace/core';
import { createConsumer, memoryStore } from '@millrace/core';
import { onTestFinished } from 'vitest';
import type { Listener } from '../../../src/index.ts';
import { createListener, standardWebhooks, webhook } from '../../../src/index.ts';
import { secret } from './standard-sender.ts';

export type Handle = (message: Message, context: HandlerContext) => void | Promise<void>;

export interface Receiver {
  readonly url: string;
  readonly consumer: Consumer;
  readonly listener: Listener;
  readonly lines: string[];
  /** Ids, in the order in which handlers began. */
  readonly handled: string[];
  details(): Readonly<Record<string, unknown>>;
  post(headers: Readonly<Record<string, string>>, body: string | Uint8Array): Promise<Response>;
}

export interface ReceiverOptions {
  readonly handle?: Handle;
  readonly store?: Store | undefined;
  readonly idempotency?: IdempotencyOptions;
  readonly listener?: Listener;
  readonly retry?: SourceSettings['retry'];
  /** What the webhook has beside a listener and a path. */
  readonly webhook?: Record<string, unknown>;
  readonly drainTimeout?: number;
}

/** A consumer of one webhook, over the network. */
export async function receiver({
  handle = () => {},
  store = memoryStore(),
  idempotency,
  listener = createListener({ port: 0 }),
  retry = { attempts: 3, delay: 1 },
  webhook: more = {},
  drainTimeout = 1_000,
}: ReceiverOptions = {}): Promise<Receiver> {
  const lines: string[] = [];
  const log = (message: string, fields?: LogFields) =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  const handled: string[] = [];
  const options = {
    listener,
    path: '/hooks',
    verifier: standardWebhooks({ secrets: [secret] }),
    retry,
    ...more,
  };
  const source = webhook(options);
  const consumer = createConsumer({
    name: 'billing',
    sources: [source],
    store,
    ...(idempotency && { idempotency }),
    drainTimeout,
    log: { debug: log, info: log, warn: log, error: log },
  });
  consumer.on(async (message, context) => {
    handled.push(message.id);
    await handle(message, context);
  });
  await consumer.start();
  onTestFinished(async () => {
    await consumer.stop({ now: true });
    await listener.close();
  });
  const url = `http://127.0.0.1:${listener.address()?.port}/hooks`;
  return {
    url,
    consumer,
    listener,
    lines,
    handled,
    details: () => consumer.health().sources[source.name]?.details ?? {},
    post: (headers, body) =>
      fetch(url, { method: 'POST', headers, body: typeof body === 'string' ? body : new Uint8Array(body) }),
  };
}
