import { parseBroker } from '@platformatic/kafka';
import { kafkaError } from '../errors.ts';

type Provided<T> = T | (() => T | Promise<T>);

/** How to get to the brokers: what `@platformatic/kafka` knows of connections, and is given to it as it is. */
export interface PlatformaticOptions {
  /** `host:port` of some brokers; the others are found through them. */
  readonly bootstrapBrokers: readonly string[];
  /** What brokers call this client in their logs and quotas. */
  readonly clientId: string;
  /** Options of `tls.connect`. Without them connections are plain. */
  readonly tls?: object;
  /** The name that the certificate of a broker has to be for; true: the broker's host. */
  readonly tlsServerName?: string | boolean;
  readonly sasl?: {
    readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER';
    readonly username?: Provided<string>;
    readonly password?: Provided<string>;
    /** Of OAUTHBEARER. */
    readonly token?: Provided<string>;
    readonly oauthBearerExtensions?: Provided<Record<string, string>>;
  };
  /**
   * Milliseconds to get connected.
   * @default 5_000
   */
  readonly connectTimeout?: number;
  /**
   * Milliseconds that a broker may take to answer. What waits by nature, as joining a group does, gets longer.
   * @default 30_000
   */
  readonly requestTimeout?: number;
  /** Comes back on the library's connections, in its diagnostics channels. */
  readonly context?: unknown;
}

/** Throws KAFKA_OPTIONS. */
export function checkPlatformatic(options: PlatformaticOptions): PlatformaticOptions {
  if (typeof options !== 'object' || options === null) {
    throw wrong('options are needed: { clientId: "billing", bootstrapBrokers: ["localhost:9092"] }');
  }
  const { bootstrapBrokers, clientId } = options;
  if (
    !Array.isArray(bootstrapBrokers) ||
    bootstrapBrokers.length === 0 ||
    !bootstrapBrokers.every(isBroker)
  ) {
    throw wrong('`bootstrapBrokers` must be a list of texts like "localhost:9092"');
  }
  if (typeof clientId !== 'string' || !/^\S+$/.test(clientId)) {
    throw wrong('`clientId` must be a text without blanks');
  }
  for (const name of ['connectTimeout', 'requestTimeout'] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      throw wrong(`\`${name}\` must be a whole number of milliseconds from 1`);
    }
  }
  return options;
}

function isBroker(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const { host, port } = parseBroker(value, 9092);
  return host !== '' && Number.isInteger(port) && port > 0 && port < 65_536;
}

function wrong(problem: string): Error {
  return kafkaError('KAFKA_OPTIONS', `platformaticClient: ${problem}.`);
}
