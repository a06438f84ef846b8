import type { EachBatchPayload, KafkaMessage } from 'kafkajs';

import type { BenchOrder } from './bench-record.ts';
import { eventName } from './bench-record.ts';
import type { StartConsuming, Work } from './consumer.ts';

type Handle = (message: KafkaMessage) => Promise<void>;

/** The loop of the client's guide in its fastest form: a batch, one message after another, then the client commits it. */
export const commitBatches: StartConsuming = (work) =>
  consume(work, {}, async ({ batch }, handle) => {
    for (const message of batch.messages) await handle(message);
  });

const commitEvery = 100;

/** The same, committing as often as Millrace does. */
export const commitHundreds: StartConsuming = (work) =>
  consume(work, { autoCommitThreshold: commitEvery }, async (payload, handle) => {
    let handled = 0;
    for (const message of payload.batch.messages) {
      await handle(message);
      handled += 1;
      if (handled % commitEvery > 0) continue;
      payload.resolveOffset(message.offset);
      await payload.commitOffsetsIfNecessary();
    }
  });

async function consume(
  { kafka, topic, group, handled, failed }: Work,
  options: { readonly autoCommitThreshold?: number },
  handleBatch: (payload: EachBatchPayload, handle: Handle) => Promise<void>,
) {
  const consumer = kafka.consumer({ groupId: group });
  const handlers = new Map([[eventName, async (order: BenchOrder) => handled(order.number)]]);

  async function handle({ headers, value }: KafkaMessage): Promise<void> {
    const name = headers?.['event']?.toString() ?? '';
    await handlers.get(name)?.(JSON.parse(value?.toString() ?? '') as BenchOrder);
  }

  consumer.on('consumer.crash', ({ payload }) => {
    if (!payload.restart) failed(payload.error);
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ ...options, eachBatch: (payload) => handleBatch(payload, handle) });
  return { stop: () => consumer.disconnect() };
}
