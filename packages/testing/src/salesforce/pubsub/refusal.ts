import type { StatusObject } from '@grpc/grpc-js';
import { Metadata, status } from '@grpc/grpc-js';

/** How the server ends a call. */
export interface Refusal {
  /** Of gRPC, such as `UNAVAILABLE`. */
  readonly status: keyof typeof status;
  /** The trailer `error-code`, without the `sfdc.platform.eventbus.grpc.` that it begins with. */
  readonly errorCode?: string;
  readonly details?: string;
}

/** Pub/Sub API guide: "Handle Errors". */
export const refusals = {
  auth: {
    status: 'UNAUTHENTICATED',
    errorCode: 'service.auth.error',
    details: 'An authentication exception occurred. Provide valid authentication via metadata headers.',
  },
  unavailable: { status: 'UNAVAILABLE', errorCode: 'service.unavailable' },
  clients: { status: 'RESOURCE_EXHAUSTED', errorCode: 'concurrent.client.limit.exceeded' },
  events: { status: 'INVALID_ARGUMENT', errorCode: 'subscription.fetch.requested.events.invalid' },
  corrupted: {
    status: 'INVALID_ARGUMENT',
    errorCode: 'subscription.fetch.replayid.corrupted',
    details: 'The Replay ID validation failed. Ensure that the Replay ID is valid.',
  },
  invalid: {
    status: 'INVALID_ARGUMENT',
    errorCode: 'subscription.fetch.replayid.validation.failed',
    details: 'The Replay ID is missing or is none.',
  },
  topic: { status: 'NOT_FOUND', details: 'There is no such topic. Ensure that its name is correct.' },
  denied: { status: 'PERMISSION_DENIED', details: 'The user may not subscribe to the topic.' },
  otherTopic: { status: 'INVALID_ARGUMENT', details: 'The topic of a stream can not change.' },
  schema: { status: 'NOT_FOUND', details: 'There is no such schema.' },
  subscription: { status: 'NOT_FOUND', details: 'There is no such managed subscription.' },
  taken: { status: 'FAILED_PRECONDITION', details: 'The managed subscription has a client already.' },
} as const satisfies Readonly<Record<string, Refusal>>;

/** The id of the call stands in the text and in a trailer. */
export function statusOf(refusal: Refusal, rpcId: string): Error & Partial<StatusObject> {
  const metadata = new Metadata();
  metadata.set('rpc-id', rpcId);
  if (refusal.errorCode !== undefined) {
    metadata.set('error-code', `sfdc.platform.eventbus.grpc.${refusal.errorCode}`);
  }
  const details = `${refusal.details ?? 'The call can not be answered.'} rpcId: ${rpcId}`;
  return Object.assign(new Error(details), { code: status[refusal.status], details, metadata });
}
