import { createHash } from 'node:crypto';

/** What a guard keeps of a proof, which may be of any length and is partly chosen by others. */
export function proofDigest(proof: string): Buffer {
  return createHash('sha256').update(proof).digest();
}
