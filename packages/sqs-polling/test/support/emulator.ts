import { randomUUID } from 'node:crypto';
import type { FauxqsServer } from 'fauxqs';
import { startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { SqsOptions } from '../../src/options.ts';
import type { SqsDouble } from './sqs-double.ts';
import { startSqsDouble } from './sqs-double.ts';

export interface Emulator {
  readonly server: FauxqsServer;
  readonly double: SqsDouble;
  /** A queue of its own for a test, and the options to read it with: a short wait, the double in between. */
  queue(options?: QueueOptions): TestQueue;
}

export interface QueueOptions {
  readonly fifo?: boolean;
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface TestQueue {
  readonly name: string;
  readonly url: string;
  readonly options: SqsOptions & { readonly queue: string };
  send(body: unknown, options?: Parameters<FauxqsServer['sendMessage']>[2]): void;
  /** How many messages are ready and in flight. */
  counts(): { readonly ready: number; readonly inFlight: number };
}

export const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
export const region = 'us-east-1';

/** An SQS server for the tests of a file, with the double in front of it. */
export function useEmulator(): Emulator {
  let server: FauxqsServer;
  let double: SqsDouble;
  beforeAll(async () => {
    server = await startFauxqs({ port: 0, logger: false });
  });
  afterAll(() => server.stop());
  // Scripts and calls of one test are none of the next one's business.
  beforeEach(async ({ onTestFinished }) => {
    double = await startSqsDouble(server.address);
    // Closed last: what a test opens through it is closed before, in the reverse order of opening.
    onTestFinished(() => double.close());
  });
  return {
    get server() {
      return server;
    },
    get double() {
      return double;
    },
    queue({ fifo = false, attributes = {} } = {}) {
      const name = `q-${randomUUID()}${fifo ? '.fifo' : ''}`;
      const fifoAttributes = fifo ? { FifoQueue: 'true', ContentBasedDeduplication: 'true' } : {};
      const { queueUrl: url } = server.createQueue(name, {
        attributes: { ...fifoAttributes, ...attributes },
      });
      return {
        name,
        url,
        options: { queue: name, endpoint: double.url, region, credentials, waitTime: 1_000 },
        send: (body, options) => {
          server.sendMessage(name, typeof body === 'string' ? body : JSON.stringify(body), options);
        },
        counts() {
          const messages = server.inspectQueue(name)?.messages;
          return { ready: messages?.ready.length ?? 0, inFlight: messages?.inflight.length ?? 0 };
        },
      };
    },
  };
}
