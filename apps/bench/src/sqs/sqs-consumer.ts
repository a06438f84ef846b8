import type { Message } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';

import type { Order } from '../order.ts';
import type { StartConsuming } from './contender.ts';
import { loops, receiveInput } from './contender.ts';

/** sqs-consumer in its fastest form: batches of ten, deleted in one call, an instance for each loop. */
export const sqsConsumer: StartConsuming = async ({ queueUrl, connect, handled, failed }) => {
  let stopping = false;
  const sqs = connect();
  const handle = async ({ Body = '' }: Message) => handled((JSON.parse(Body) as Order).number);
  const consumers = Array.from({ length: loops }, () =>
    Consumer.create({
      sqs,
      queueUrl,
      batchSize: receiveInput.MaxNumberOfMessages,
      waitTimeSeconds: receiveInput.WaitTimeSeconds,
      visibilityTimeout: receiveInput.VisibilityTimeout,
      messageSystemAttributeNames: receiveInput.MessageSystemAttributeNames,
      messageAttributeNames: receiveInput.MessageAttributeNames,
      async handleMessageBatch(messages) {
        await Promise.all(messages.map(handle));
        return messages;
      },
    }),
  );
  for (const consumer of consumers) {
    consumer.on('error', (error) => {
      if (!stopping) failed(error);
    });
    consumer.start();
  }
  return {
    async stop() {
      stopping = true;
      for (const consumer of consumers) consumer.stop({ abort: true });
    },
  };
};
