import type { StatusObject } from '@grpc/grpc-js';
import { Metadata, status } from '@grpc/grpc-js';
import type { ExpectedRevision } from './store/expected-revision.ts';
import { expectedAsNumber } from './store/expected-revision.ts';

/** How the server ends a call, as a client sees it. */
export interface Refusal {
  /** Of gRPC, such as `UNAVAILABLE`. */
  readonly status: Exclude<keyof typeof status, 'OK'>;
  readonly details: string;
  readonly trailers?: Readonly<Record<string, string>>;
}

/** What the server says when it refuses, with the trailers by which clients tell one refusal from another (RpcExceptions.cs of the server). */
export const refusals = {
  notReady: { status: 'UNAVAILABLE', details: 'Server Is Not Ready' },
  tooBusy: { status: 'UNAVAILABLE', details: 'Server Is Too Busy' },
  noLeader: { status: 'UNKNOWN', details: 'No leader info available in response' },
  timeout: { status: 'ABORTED', details: 'Operation timed out: the server gave up.' },
  cancelled: { status: 'CANCELLED', details: 'The server is shutting down.' },
  unauthenticated: { status: 'UNAUTHENTICATED', details: 'Not Authenticated' },
  accessDenied: {
    status: 'PERMISSION_DENIED',
    details: 'Access Denied',
    trailers: { exception: 'access-denied' },
  },
  /** As a proxy or an authorization plugin says it, without the trailer. */
  accessDeniedBare: { status: 'PERMISSION_DENIED', details: 'Access Denied' },
  invalidPosition: { status: 'INVALID_ARGUMENT', details: 'Trying to read from an invalid position.' },
  internal: { status: 'INTERNAL', details: 'Something went wrong in the server.' },
  unknown: { status: 'UNKNOWN', details: 'Exception was thrown by handler.' },
  exhausted: { status: 'RESOURCE_EXHAUSTED', details: 'The server has no room for this.' },
  notLeader: (host: string, port: number) => ({
    status: 'NOT_FOUND',
    details: 'Leader info available',
    trailers: {
      exception: 'not-leader',
      'leader-endpoint-host': host,
      'leader-endpoint-port': String(port),
    },
  }),
  streamDeleted: (stream: string) => ({
    status: 'FAILED_PRECONDITION',
    details: `Event stream '${stream}' is deleted.`,
    trailers: { exception: 'stream-deleted', 'stream-name': stream },
  }),
  wrongExpectedVersion: (stream: string, expected: ExpectedRevision, actual: bigint) => ({
    status: 'FAILED_PRECONDITION',
    details: `Append failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expectedAsNumber(expected)}, Actual version: ${actual}`,
    trailers: {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': String(expectedAsNumber(expected)),
      'actual-version': String(actual),
    },
  }),
  appendTooLarge: (most: number) => ({
    status: 'INVALID_ARGUMENT',
    details: `Maximum Append Size of ${most} Exceeded.`,
    trailers: { exception: 'maximum-append-size-exceeded', 'maximum-append-size': String(most) },
  }),
  invalidArgument: (details: string) => ({ status: 'INVALID_ARGUMENT', details }),
} as const satisfies Readonly<Record<string, Refusal | ((...parts: never) => Refusal)>>;

/** As grpc-js wants to have it. */
export function statusOf({ status: name, details, trailers }: Refusal): Error & Partial<StatusObject> {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers ?? {})) {
    // A header holds visible ASCII only; the server writes names of streams as they are, grpc-js would refuse them.
    metadata.set(key, value.replaceAll(/[^ -~]/gu, '?'));
  }
  return Object.assign(new Error(details), { code: status[name], details, metadata });
}
