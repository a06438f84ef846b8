/** What the server has counted since it started. */
export interface EventStoreCounters {
  /** Calls by method, such as `Streams.Read`, the refused ones too. */
  readonly calls: Readonly<Record<string, number>>;
  /** Calls that are open, by method. */
  readonly open: Readonly<Record<string, number>>;
  /** Subscriptions that are open: catch-up and persistent ones. */
  readonly subscriptions: number;
  /** Events that were sent to readers and subscribers, one for each. */
  readonly eventsSent: number;
  /** Filter checkpoints that were sent. */
  readonly checkpointsSent: number;
  /** Events that were written, links and metadata included. */
  readonly eventsWritten: number;
  /** Connections that are open, over all nodes. */
  readonly connections: number;
}

/** Where it is counted. */
export interface Counts {
  readonly calls: Map<string, number>;
  readonly open: Map<string, number>;
  eventsSent: number;
  checkpointsSent: number;
}

export function noCounts(): Counts {
  return { calls: new Map(), open: new Map(), eventsSent: 0, checkpointsSent: 0 };
}

export function add(counts: Map<string, number>, name: string, difference: number): void {
  counts.set(name, (counts.get(name) ?? 0) + difference);
}
