/** The names that the sources have at the consumers, by what they read from. */
export const sources = {
  sqs: ['orders', 'activity'],
  salesforce: ['crm'],
  eventstore: ['parcels', 'customs'],
  http: ['stock', 'prices', 'payments'],
} as const;

export type Broker = keyof typeof sources;
export type SourceName = (typeof sources)[Broker][number];
