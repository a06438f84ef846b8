import { createAPI, produceV9, Writer } from '@platformatic/kafka';

/** A batch for each of some partitions of a topic. */
export interface Produce {
  readonly acks: -1 | 0 | 1;
  /** Milliseconds that replicas get to write. */
  readonly timeout: number;
  readonly topic: string;
  readonly batches: readonly { readonly partition: number; readonly batch: Buffer }[];
}

const { key, version } = produceV9.api;

/** The library's request with batches that are packed already. True in place of an answer: nobody gives one. */
export const produceBatches = createAPI<[Produce], produceV9.ProduceResponse | boolean>(
  key,
  version,
  writeProduce,
  produceV9.parseResponse,
);

/** Produce request 9, after its header: https://kafka.apache.org/protocol#The_Messages_Produce */
export function writeProduce({ acks, timeout, topic, batches }: Produce): Writer {
  const writer = Writer.create()
    .appendString(null) // transactional_id
    .appendInt16(acks)
    .appendInt32(timeout)
    .appendArray([topic], (ofTopic, name) => {
      ofTopic.appendString(name).appendArray([...batches], (ofPartition, { partition, batch }) => {
        ofPartition.appendInt32(partition).appendBytes(batch);
      });
    })
    .appendTaggedFields();
  if (acks === 0) writer.context['noResponse'] = true;
  return writer;
}
