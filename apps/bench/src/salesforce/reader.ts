/** What a contender is given. */
export interface Work {
  /** Of the org, such as `http://127.0.0.1:53211`. */
  readonly url: string;
  /** An access token that is good. */
  readonly token: string;
  /** Gets another one. */
  login(): Promise<string>;
  readonly channel: string;
  handled(number: number): void;
  /** Ends the trial with an error. */
  failed(cause: unknown): void;
}

export interface Reading {
  /** Ends the session. Answers the replay id after which it would go on. */
  stop(): Promise<string>;
}

/** Hands all that is retained in a channel to an asynchronous handler, and what comes after it. */
export type StartReading = (work: Work) => Promise<Reading>;

export const apiVersion = '66.0';
