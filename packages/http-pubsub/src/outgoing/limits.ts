import { httpPubsubError } from '../errors.ts';

/** What one request may take. */
export interface OutgoingLimits {
  /**
   * Milliseconds until connected, looking up the name and TLS included.
   * @default 5000
   */
  readonly connect: number;
  /**
   * Milliseconds without progress until the headers of the reply are in.
   * @default 15000
   */
  readonly headers: number;
  /**
   * Milliseconds between two pieces of the reply's body.
   * @default 5000
   */
  readonly body: number;
  /**
   * Milliseconds for everything, waiting for a connection included: what drips for ever ends here.
   * @default 30000
   */
  readonly total: number;
  /**
   * Bytes of the reply's body that are taken in.
   * @default 67000, more than the longest reply that the protocol knows
   */
  readonly reply: number;
}

const defaults: OutgoingLimits = {
  connect: 5_000,
  headers: 15_000,
  body: 5_000,
  total: 30_000,
  reply: 67_000,
};

/** A timer of Node can't be set for longer. */
const most = 2 ** 31 - 1;

/** Throws PUBSUB_OPTIONS. */
export function limitsOf(limits: Partial<OutgoingLimits> = {}, base = defaults): OutgoingLimits {
  const all = { ...base, ...definedOf(limits) };
  for (const [name, value] of Object.entries(all)) {
    if (!Number.isInteger(value) || value < 1 || value > most) {
      throw httpPubsubError(
        'PUBSUB_OPTIONS',
        `The limit "${name}" has to be a whole number from 1 to ${most}.`,
      );
    }
  }
  return all;
}

function definedOf<T extends object>(record: T): Partial<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Partial<T>;
}
