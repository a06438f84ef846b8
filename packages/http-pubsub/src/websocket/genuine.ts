import type { HttpPubsubError } from '../errors.ts';
import { httpPubsubError } from '../errors.ts';
import type { Operation } from '../wire/auth/operation.ts';
import type { AuthScheme } from '../wire/auth/scheme.ts';

/** What a message carries to prove who sent it. */
export interface Proof {
  readonly tracing: Uint8Array;
  readonly authorization: string | undefined;
}

/** Rejects with PUBSUB_FORGED, unless the message is authorised as one of the operations. */
export async function assertGenuine(
  scheme: Pick<AuthScheme, 'verify'>,
  operations: readonly Operation[],
  { tracing, authorization }: Proof,
): Promise<void> {
  for (const operation of operations) {
    if ((await scheme.verify(operation, tracing, authorization)) === 'accepted') return;
  }
  throw forged(operations[0]?.kind);
}

function forged(kind: string | undefined): HttpPubsubError {
  return httpPubsubError(
    'PUBSUB_FORGED',
    `A message (${kind}) is not authorised as it should be: the secrets differ, a clock is off by more than two minutes, or it is a copy.`,
  );
}
