/** What a worker process is told on its command line. */
export interface WorkerConfig {
  readonly worker: string;
  /** Of the SQLite file with the store and the table of effects. */
  readonly ledger: string;
  readonly source: QueueConfig | LogConfig;
  /** Of claims and of the ownership, in milliseconds. */
  readonly lease: number;
  /** Milliseconds between writes of the replay marker. */
  readonly markerInterval: number;
  /** Where ownership and markers are kept, instead of in the SQLite file. */
  readonly redis?: { readonly url: string; readonly prefix: string };
  readonly stop?: StopPoint;
}

export interface QueueConfig {
  readonly kind: 'queue';
  readonly endpoint: string;
  readonly queue: string;
}

/** A log in a SQLite file. */
export interface LogConfig {
  readonly kind: 'log';
  readonly path: string;
  readonly exclusive: boolean;
}

/** Where the handler of one event says where it is, and then waits: so that something can be done to it there. */
export interface StopPoint {
  readonly id: string;
  readonly point: 'before the effect' | 'after the effect';
  readonly milliseconds: number;
  /** Nothing else of the process goes on meanwhile either. */
  readonly blocking?: boolean;
}

export type FromWorker =
  | { readonly kind: 'reading' }
  | { readonly kind: 'at'; readonly point: StopPoint['point']; readonly id: string }
  /** The effect was rolled back. */
  | { readonly kind: 'refused'; readonly id: string; readonly code: string };
