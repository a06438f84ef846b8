/** What a writer expects of a stream; a number is the revision of its last event. */
export type ExpectedRevision = bigint | 'any' | 'no_stream' | 'stream_exists';

/** As the numbers that stand for them in error texts. */
export function expectedAsNumber(expected: ExpectedRevision): bigint {
  switch (expected) {
    case 'any':
      return -2n;
    case 'no_stream':
      return -1n;
    case 'stream_exists':
      return -4n;
    default:
      return expected;
  }
}

/** `exists` is false for a stream that was deleted and may be written to again; such a stream still has a last revision. */
export function isAsExpected(expected: ExpectedRevision, last: bigint, exists: boolean): boolean {
  switch (expected) {
    case 'any':
      return true;
    case 'no_stream':
      return !exists;
    case 'stream_exists':
      return exists;
    default:
      return expected === last;
  }
}
