/** What the Pub/Sub side of the org has counted since it started. */
export interface PubSubCounters {
  /** Streams that were asked for, the refused ones too. */
  readonly subscribes: number;
  readonly topics: number;
  readonly schemas: number;
  readonly published: number;
  readonly commits: number;
  /** Calls whose token was refused. */
  readonly tokensRefused: number;
  /** Calls that were refused because a test had said so. */
  readonly faults: number;
  /** Events that were handed out, one for each subscriber. */
  readonly delivered: number;
  /** Empty responses that were sent. */
  readonly keepAlives: number;
  /** Events that were asked for, over all streams. */
  readonly requested: number;
  /** Streams that are open. */
  readonly streams: number;
}

export type Counts = { -readonly [Name in Exclude<keyof PubSubCounters, 'streams'>]: number };

export function noCounts(): Counts {
  return {
    subscribes: 0,
    topics: 0,
    schemas: 0,
    published: 0,
    commits: 0,
    tokensRefused: 0,
    faults: 0,
    delivered: 0,
    keepAlives: 0,
    requested: 0,
  };
}
