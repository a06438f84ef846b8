/**
 * Every code that core puts on an error. Adapters have lists of their own.
 * Each one is explained in docs/errors.md; a test holds the two together.
 */
export const coreErrorCodes = [
  'HANDLER_DUPLICATE',
  'HANDLER_STATIC',
  'HANDLER_PRIVATE',
  'HANDLER_NONE',
  'HANDLER_PATTERN',
  'HANDLER_OPTIONS',
  'HANDLER_FAILED',
  'HANDLER_TIMEOUT',
  'CONSUMER_OPTIONS',
  'CONSUMER_STATE',
  'SOURCE_OPTIONS',
  'SOURCE_FAILED',
  'CAPABILITY_MISSING',
  'RETRY_EXCEEDS_LEASE',
  'VERIFY_FAILED',
  'PAYLOAD_UNDECODABLE',
  'PAYLOAD_INVALID',
  'PAYLOAD_MISMATCH',
  'EVENT_UNHANDLED',
  'EVENT_BUSY',
  'EVENT_REJECTED',
  'LEASE_LOST',
  'STORE_UNAVAILABLE',
  'STORE_CORRUPT',
  'TRANSACTION_UNSUPPORTED',
  'TRANSACTION_NOT_COMMITTED',
  'DEAD_LETTER_NOT_STORED',
  'DEAD_LETTER_MISSING',
  'SETTLE_FAILED',
  'POSITION_INVALID',
  'MARKER_FENCED',
  'DRAIN_TIMEOUT',
] as const;

export type CoreErrorCode = (typeof coreErrorCodes)[number];

const brand = Symbol.for('millrace.error');

/**
 * The one error class of Millrace. `code` is from a closed list, `message` says what is wrong and what to do,
 * `cause` keeps the error underneath. Messages never carry payloads or credentials.
 */
export class MillraceError<Code extends string = string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: { readonly cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MillraceError';
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Tells a MillraceError by its brand, so that two copies of the package in one process recognise each other's errors. */
export function isMillraceError(value: unknown): value is MillraceError;
export function isMillraceError<Code extends string>(
  value: unknown,
  code: Code,
): value is MillraceError<Code>;
export function isMillraceError(value: unknown, code?: string): boolean {
  if (typeof value !== 'object' || value === null || !(brand in value)) return false;
  return code === undefined || ('code' in value && value.code === code);
}
