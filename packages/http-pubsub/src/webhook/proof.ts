import { createHash } from 'node:crypto';
import type { Proof } from './verifier.ts';

/**
 * Of what was signed, not of the signature: a header with the same signature in another guise is the same request still.
 * Twice the tolerance, for a request of a clock that is ahead is fresh for as long.
 */
export function proofOf(scheme: string, signed: Uint8Array | string, tolerance: number): Proof {
  const digest = createHash('sha256').update(signed).digest('base64url');
  return { text: `${scheme}:${digest}`, milliseconds: 2 * tolerance };
}
