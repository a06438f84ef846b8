import { randomUUID } from 'node:crypto';
import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SourceSettings } from '@millrace/core';
import type { AdapterDestination, AdapterHarness, AdapterSubject } from '@millrace/testing';
import type { FauxqsServer } from 'fauxqs';
import { startFauxqs } from 'fauxqs';
import { sqs, sqsPublisher } from '../../src/index.ts';
import type { Answer, SqsDouble } from '../support/sqs-double.ts';
import { change, cut, startSqsDouble } from '../support/sqs-double.ts';

const region = 'us-east-1';
const secretAccessKey = 'conformance/secret/access/key';
const credentials = { accessKeyId: 'test', secretAccessKey };
const eventName = { event: { DataType: 'String', StringValue: 'Conformance.checked' } };

/** Short, because the time is the server's own. */
const times = { visibilityTimeout: 2_000, waitTime: 1_000, drainPoll: 100 };

/** SQS queues of both kinds, on an emulator in this process. */
export async function openConformance(): Promise<{
  readonly subjects: readonly AdapterSubject[];
  close(): Promise<void>;
}> {
  const server = await startFauxqs({ port: 0, logger: false });
  const subject = (name: string, fifo: boolean): AdapterSubject => ({
    name,
    capabilities: sqs({ queue: fifo ? 'sample.fifo' : 'sample', region, ...times }).capabilities,
    setup: () => openHarness(server, fifo),
  });
  return {
    subjects: [subject('sqs-polling, standard queue', false), subject('sqs-polling, FIFO queue', true)],
    close: () => server.stop(),
  };
}

async function openHarness(server: FauxqsServer, fifo: boolean): Promise<AdapterHarness> {
  const double = await startSqsDouble(server.address);
  const direct = { endpoint: server.address, region, credentials };
  const client = new SQSClient(direct);
  const publishers: { close(): Promise<void> }[] = [];
  const { name, ...here } = open();

  function open(): AdapterDestination & { readonly name: string } {
    const queue = `q-${randomUUID()}${fifo ? '.fifo' : ''}`;
    server.createQueue(queue, { attributes: fifo ? { FifoQueue: 'true' } : {} });
    const publisher = sqsPublisher({ queue, ...direct });
    publishers.push(publisher);
    return {
      name: queue,
      source: (settings) =>
        sqs({ queue, endpoint: double.url, region, credentials, ...times, ...queueSettings(settings) }),
      async publish(events) {
        await publisher.publishMany(
          events.map((event) => ({ data: null, ...event, ...(fifo && fifoFields(event.key)) })),
        );
      },
      remaining: async () => Object.values(messagesIn(queue)).flat().length,
    };
  }

  function messagesIn(queue: string) {
    return server.inspectQueue(queue)?.messages ?? { ready: [], delayed: [], inflight: [] };
  }

  async function expireLeases(): Promise<void> {
    const QueueUrl = server.inspectQueue(name)?.url;
    for (const { receiptHandle: ReceiptHandle } of messagesIn(name).inflight) {
      await client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }),
      );
    }
  }

  return {
    ...here,
    other: async () => open(),
    missing: () =>
      sqs({ queue: `missing${fifo ? '.fifo' : ''}`, endpoint: double.url, region, credentials, ...times }),
    async publishGarbage(raw) {
      // The body of a message is text.
      if (typeof raw !== 'string') return false;
      server.sendMessage(name, raw, {
        messageAttributes: eventName,
        ...(fifo && { messageGroupId: randomUUID(), messageDeduplicationId: randomUUID() }),
      });
      return true;
    },
    // SQS takes 1 MiB, attributes included.
    maxPayload: 1_000_000,
    secrets: [secretAccessKey],
    faults: {
      drop: () => double.once('ReceiveMessage', cut),
      expireLeases: () => void expireLeases(),
      refuseSettles: (count, options) =>
        refuse(double, count, options?.final ? 'ReceiptHandleIsInvalid' : 'InternalError'),
    },
    async close() {
      client.destroy();
      await Promise.all(publishers.map((publisher) => publisher.close()));
      await double.close();
    },
  };
}

/** A queue has no positions to start at. */
function queueSettings({ start: _start, onInvalidPosition: _policy, ...settings }: SourceSettings = {}) {
  return settings;
}

/** Without a key each event is its own group; an event that is published again is not to be dropped. */
function fifoFields(key: string | undefined) {
  return { key: key ?? randomUUID(), deduplicationId: randomUUID() };
}

interface Batch {
  readonly Entries: { readonly Id: string; ReceiptHandle: string }[];
}

/** The server hears nothing of the first entry, and the client hears that it failed. */
function refuse(double: SqsDouble, count: number, Code: string): void {
  const answer: Answer = async (call, exchange) => {
    const [refused] = (call.input as unknown as Batch).Entries;
    // As long as before: the headers of the call tell the length.
    if (refused) refused.ReceiptHandle = randomUUID();
    const failed = [{ Id: refused?.Id, Code, SenderFault: false }];
    await change((output) => ({
      Successful: (output['Successful'] as Batch['Entries']).filter(({ Id }) => Id !== refused?.Id),
      Failed: failed,
    }))(call, exchange);
  };
  for (let made = 0; made < count; made += 1) double.once('DeleteMessageBatch', answer);
}
