import { definedOf, longestTimer, optionChecks } from '../option-checks.ts';

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

/** Throws PUBSUB_OPTIONS. */
export function limitsOf(limits: Partial<OutgoingLimits> = {}, base = defaults): OutgoingLimits {
  const all = { ...base, ...definedOf(limits) };
  return optionChecks('A limit of calls').wholeNumbers('', all, 1, longestTimer);
}
