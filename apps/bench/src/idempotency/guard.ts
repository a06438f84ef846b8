export interface Guarded {
  readonly key: string;
  readonly number: number;
}

/** A way to keep a message from being handled twice. */
export interface Guard {
  /** Handles what nobody else handles, all at the same time. Answers the messages of which the guard knows the end. */
  handle(batch: readonly Guarded[], handler: Handler): Promise<readonly Guarded[]>;
  close(): Promise<void>;
}

export type Handler = (message: Guarded) => Promise<void>;

/** Milliseconds that a claim or a lock holds: core's default. */
export const lease = 30_000;

/** What a message costs when nothing guards it. */
export const unguarded: Guard = {
  async handle(batch, handler) {
    await Promise.all(batch.map(handler));
    return batch;
  },
  async close() {},
};
