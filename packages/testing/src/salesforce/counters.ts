/** What the org has counted since it started. */
export interface Counters {
  /** HTTP requests of all kinds. */
  readonly requests: number;
  /** Tokens that were issued. */
  readonly logins: number;
  /** Token requests that were refused. */
  readonly loginsRefused: number;
  /** Handshakes that were asked for, the refused ones too. */
  readonly handshakes: number;
  readonly connects: number;
  /** By client id, sessions that are over included. */
  readonly connectsBySession: ReadonlyMap<string, number>;
  readonly subscribes: number;
  readonly unsubscribes: number;
  readonly disconnects: number;
  /** Sessions that are alive. */
  readonly sessions: number;
  /** The most that were alive at the same time. */
  readonly mostSessions: number;
  /** Polls that hang. */
  readonly polls: number;
  /** Events that were handed out, one for each subscriber. */
  readonly delivered: number;
  /** Faults that took effect. */
  readonly faults: number;
}

/** The counters that only ever grow. */
export interface Counting {
  readonly counts: Record<CountedThing, number>;
  readonly connectsBySession: Map<string, number>;
}

export type CountedThing = Exclude<
  keyof Counters,
  'connectsBySession' | 'sessions' | 'mostSessions' | 'polls'
>;

export function createCounting(): Counting {
  return {
    counts: {
      requests: 0,
      logins: 0,
      loginsRefused: 0,
      handshakes: 0,
      connects: 0,
      subscribes: 0,
      unsubscribes: 0,
      disconnects: 0,
      delivered: 0,
      faults: 0,
    },
    connectsBySession: new Map(),
  };
}
