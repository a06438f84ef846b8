import type { Kafka } from 'kafkajs';

/**
 * Calls back when a first answer with records has come, which is not decoded yet, in the same way for whoever consumes: how
 * a group is joined is not what is measured.
 */
export function onFirstFetch(kafka: Kafka, callback: () => void): void {
  const create = kafka.consumer.bind(kafka);

  kafka.consumer = (config) => {
    const consumer = create(config);
    const ignore = consumer.on('consumer.network.request', ({ payload }) => {
      if (payload.apiName !== 'Fetch') return;
      ignore();
      callback();
    });
    return consumer;
  };
}
