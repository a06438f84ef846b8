import { subscribe, unsubscribe } from 'node:diagnostics_channel';

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

const requests = 'tracing:plt:kafka:connections:api:start';
/** The protocol's number of Fetch: https://kafka.apache.org/protocol#protocol_api_keys */
const fetchKey = 1;

/** The other client tells of requests when they are sent, so the broker's time for the first answer counts here. */
export function onFirstFetchByPlatformatic(callback: () => void): void {
  const see = (request: unknown) => {
    if ((request as { readonly apiKey: number }).apiKey !== fetchKey) return;
    unsubscribe(requests, see);
    callback();
  };
  subscribe(requests, see);
}
