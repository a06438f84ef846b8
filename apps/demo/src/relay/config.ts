/** How the workers find the topic. */
export interface TicketsAccess {
  readonly brokers: readonly string[];
  /** Both of the topic and of the consumer group. */
  readonly topic: string;
}

/** What a relay is told on its command line. The secret is in the environment variable `DESK_CLIENT_SECRET`. */
export interface RelayConfig {
  readonly name: string;
  /** Of the SQLite file. */
  readonly database: string;
  /** Of the service desk. */
  readonly url: string;
  readonly clientId: string;
  readonly tickets: TicketsAccess;
}
