/** The names that the sources have at the consumers, by what they read from. */
export const sources = {
  sqs: ['orders', 'activity'],
  salesforce: ['crm'],
  eventstore: ['parcels', 'customs'],
} as const;

export type Broker = keyof typeof sources;
export type SourceName = (typeof sources)[Broker][number];
