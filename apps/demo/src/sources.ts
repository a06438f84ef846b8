/** The names that the sources have at the consumers, by what they read from. */
export const sources = {
  sqs: ['orders', 'activity'],
  salesforce: ['crm'],
  eventstore: ['parcels', 'customs'],
  http: ['stock', 'prices', 'payments'],
  kafka: ['tickets'],
} as const;

/** Those that are always there: Kafka is only by `--kafka`. */
export type Broker = Exclude<keyof typeof sources, 'kafka'>;
export type SourceName = (typeof sources)[keyof typeof sources][number];
