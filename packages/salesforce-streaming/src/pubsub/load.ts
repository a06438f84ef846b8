import { salesforceError } from '../errors.ts';
import type { OpenTransport } from '../transport.ts';

/** Loads the transport only where it is asked for: others need not install what it takes. Rejects with SALESFORCE_TRANSPORT_MISSING. */
export async function loadPubSub(): Promise<OpenTransport> {
  try {
    const { openPubSub } = await import('./open.ts');
    return openPubSub;
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause;
    throw salesforceError(
      'SALESFORCE_TRANSPORT_MISSING',
      'The transport "pubsub" takes three packages that are not installed: npm install @grpc/grpc-js @grpc/proto-loader avsc',
      cause,
    );
  }
}
