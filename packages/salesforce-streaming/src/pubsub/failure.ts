import type { ServiceError } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { isMillraceError } from '@millrace/core';
import type { SalesforceError, SalesforceErrorCode } from '../errors.ts';
import { salesforceError } from '../errors.ts';

/** What to do after a call has failed. Each has its own pauses. */
export type Remedy =
  /** Go on where it stopped, after a pause that grows. */
  | 'resume'
  /** Renew the token, then go on. */
  | 'renew-token'
  /** Go on after minutes: a limit of the org is reached. */
  | 'wait'
  /** The position is of no use: ask where to begin instead. */
  | 'fall-back'
  /** Nobody may read this channel, or there is none: look again after minutes. */
  | 'suspend';

export interface Failure {
  readonly remedy: Remedy;
  readonly error: SalesforceError;
}

type Rule = readonly [Remedy, SalesforceErrorCode, string];

const refused: Rule = [
  'renew-token',
  'SALESFORCE_SESSION_REFUSED',
  'The Pub/Sub API refuses the access token',
];
const limit: Rule = [
  'wait',
  'SALESFORCE_LIMIT_EXCEEDED',
  'The org has reached a limit: of clients at a time, or of events delivered in 24 hours. It is tried again after minutes',
];
const position: Rule = [
  'fall-back',
  'SALESFORCE_POSITION_INVALID',
  'Salesforce no longer has the position to go on after: positions last 72 hours, and not when an org moves',
];
const busy: Rule = ['resume', 'SALESFORCE_BUSY', 'The Pub/Sub API is unavailable for now'];

/** By the trailer `error-code`, without "sfdc.platform.eventbus.grpc.". Pub/Sub API guide: "Handle Errors". */
const byCode: Readonly<Record<string, Rule>> = {
  'service.auth.error': refused,
  'service.auth.refresh.invalid': refused,
  'service.unavailable': busy,
  'concurrent.client.limit.exceeded': limit,
  'subscription.limit.exceeded': limit,
  'subscription.fetch.replayid.corrupted': position,
  'subscription.fetch.replayid.validation.failed': position,
};

/** Where there is no such trailer, as in what a proxy answers. */
const byStatus: Readonly<Partial<Record<status, Rule>>> = {
  [status.UNAUTHENTICATED]: refused,
  [status.PERMISSION_DENIED]: [
    'suspend',
    'SALESFORCE_CHANNEL_DENIED',
    'The user may not subscribe: it needs the permission to read the event or its object, or View All Data for /data/ChangeEvents',
  ],
  [status.NOT_FOUND]: [
    'suspend',
    'SALESFORCE_CHANNEL_MISSING',
    'The org has no such event or channel, or Change Data Capture is not switched on for the object',
  ],
  [status.RESOURCE_EXHAUSTED]: limit,
  [status.UNAVAILABLE]: ['resume', 'SALESFORCE_UNREACHABLE', 'The Pub/Sub API can not be reached'],
};

const lost: Rule = ['resume', 'SALESFORCE_CONNECTION_LOST', 'The call to the Pub/Sub API broke off'];
const prefix = 'sfdc.platform.eventbus.grpc.';

/** `what` names the channel or subscription that the call was for. Undefined: the server ended the call without an error. */
export function failureOf(cause: Error | undefined, what: string): Failure {
  if (isMillraceError(cause, 'SALESFORCE_POSITION_INVALID')) return { remedy: 'fall-back', error: cause };
  const code = isServiceError(cause) ? trailer(cause, 'error-code') : undefined;
  const [remedy, errorCode, problem] = ruleOf(cause, code);
  const known = [
    code && `code ${code}`,
    isServiceError(cause) && `status ${status[cause.code]}`,
    isServiceError(cause) && trailer(cause, 'rpc-id') && `rpc id ${trailer(cause, 'rpc-id')}`,
  ].filter((part) => typeof part === 'string');
  const details = known.length > 0 ? ` (${known.join(', ')})` : '';
  return { remedy, error: salesforceError(errorCode, `${what}: ${problem}${details}.`, cause) };
}

function ruleOf(cause: Error | undefined, code: string | undefined): Rule {
  const byTrailer = code?.startsWith(prefix) ? byCode[code.slice(prefix.length)] : undefined;
  return byTrailer ?? (isServiceError(cause) ? byStatus[cause.code] : undefined) ?? lost;
}

/** The errors of gRPC have no class of their own. */
function isServiceError(error: Error | undefined): error is ServiceError {
  return error !== undefined && 'code' in error && typeof error.code === 'number' && 'metadata' in error;
}

function trailer({ metadata }: ServiceError, name: string): string | undefined {
  return metadata.get(name)[0]?.toString();
}
