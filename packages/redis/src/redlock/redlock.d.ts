// redlock 5.0.0-beta.2 has types, but its exports map hides them (mike-marcacci/node-redlock#173). These are the parts
// that are used here; none of them is in this package's own types.
declare module 'redlock' {
  export interface Settings {
    readonly retryCount: number;
    readonly driftFactor: number;
  }

  /** Votes of one try, once all nodes have cast theirs. */
  export interface ExecutionStats {
    readonly votesAgainst: ReadonlyMap<unknown, Error>;
  }

  export class ExecutionError extends Error {
    readonly attempts: readonly Promise<ExecutionStats>[];
  }

  export class ResourceLockedError extends Error {}

  export class Lock {
    /** Milliseconds since 1970, less the drift. */
    expiration: number;
    release(): Promise<unknown>;
    extend(duration: number): Promise<Lock>;
  }

  export default class Redlock {
    constructor(clients: Iterable<unknown>, settings?: Partial<Settings>);
    acquire(resources: string[], duration: number): Promise<Lock>;
  }
}
