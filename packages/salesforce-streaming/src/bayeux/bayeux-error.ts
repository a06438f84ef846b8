import { isMillraceError } from '@millrace/core';
import type { SalesforceError, SalesforceErrorCode } from '../errors.ts';
import { salesforceError } from '../errors.ts';
import type { BayeuxFailure, MetaFailure } from './failure.ts';
import { isObject } from './json.ts';

/** What a step of the client rejects with, except for an abort: then it is the signal's reason. */
export type BayeuxError = SalesforceError & { readonly failure: BayeuxFailure };

export function isBayeuxError(value: unknown): value is BayeuxError {
  return isMillraceError(value) && 'failure' in value && isObject(value.failure);
}

export function bayeuxError(failure: BayeuxFailure, cause?: unknown): BayeuxError {
  return Object.assign(salesforceError(codeOf(failure), describe(failure), cause), { failure });
}

function codeOf(failure: BayeuxFailure): SalesforceErrorCode {
  switch (failure.kind) {
    case 'http':
      return codeOfStatus(failure.status);
    case 'meta':
      return codeOfRefusal(failure);
    case 'disconnected':
    case 'poll-expired':
      return 'SALESFORCE_CONNECTION_LOST';
    case 'network':
    case 'timeout':
      return 'SALESFORCE_UNREACHABLE';
    case 'garbage':
      return 'SALESFORCE_RESPONSE_INVALID';
    case 'too-large':
      return failure.direction === 'request'
        ? 'SALESFORCE_REQUEST_TOO_LARGE'
        : 'SALESFORCE_RESPONSE_TOO_LARGE';
    case 'redirected':
      return 'SALESFORCE_SESSION_REFUSED';
  }
}

function codeOfStatus(status: number): SalesforceErrorCode {
  if (status === 401 || status === 403) return 'SALESFORCE_SESSION_REFUSED';
  if (status === 429 || status === 503) return 'SALESFORCE_BUSY';
  return status >= 500 ? 'SALESFORCE_UNREACHABLE' : 'SALESFORCE_RESPONSE_INVALID';
}

/** Salesforce's words, Streaming API guide: Streaming API Error Codes. */
function codeOfRefusal({ channel, reason }: MetaFailure): SalesforceErrorCode {
  if (reason.code === 503 || /server_unavailable/i.test(reason.raw)) return 'SALESFORCE_BUSY';
  if (/limit exceeded|simultaneous connections/i.test(reason.text)) return 'SALESFORCE_LIMIT_EXCEEDED';
  if (reason.code === 401 || reason.code === 402 || /unknown client/i.test(reason.text)) {
    return 'SALESFORCE_SESSION_REFUSED';
  }
  if (channel !== '/meta/subscribe') return 'SALESFORCE_SESSION_REFUSED';
  if (reason.code === 400 && reason.text.startsWith('The replayId')) return 'SALESFORCE_POSITION_INVALID';
  if (/cookie/i.test(reason.text)) return 'SALESFORCE_SESSION_REFUSED';
  return reason.code === 403 ? 'SALESFORCE_CHANNEL_DENIED' : 'SALESFORCE_CHANNEL_MISSING';
}

function describe(failure: BayeuxFailure): string {
  switch (failure.kind) {
    case 'http': {
      const code = failure.errorCode === undefined ? '' : ` (${failure.errorCode})`;
      return `The streaming endpoint answered HTTP ${failure.status}${code}. ${adviceOnStatus(failure.status)}`;
    }
    case 'meta': {
      const of = failure.subscription === undefined ? '' : ` of ${failure.subscription}`;
      const reason = failure.reason.raw === '' ? 'no reason given' : failure.reason.raw;
      return `The server refused ${failure.channel}${of}: ${reason}`;
    }
    case 'disconnected':
      return 'The server ended the session. Do a handshake and subscribe again.';
    case 'poll-expired':
      return 'The poll expired at the server (HTTP 408). Poll again.';
    case 'network':
      return `The streaming endpoint can not be reached, or the connection broke${failure.errorCode === undefined ? '' : ` (${failure.errorCode})`}. Check the instance URL and the network, then try again.`;
    case 'timeout':
      return `The streaming endpoint did not answer within ${failure.milliseconds} ms. Do a handshake and subscribe again.`;
    case 'garbage':
      return `${garbage[failure.what]} (HTTP ${failure.status}). Check that the endpoint is an org's /cometd/<version> and that no proxy answers in its place.`;
    case 'too-large':
      return failure.direction === 'request'
        ? `The request is larger than the ${failure.limit} bytes that the server takes. Send less in one message.`
        : `The reply is larger than ${failure.limit} bytes. Raise maxResponseBytes.`;
    case 'redirected':
      return `The streaming endpoint redirects (HTTP ${failure.status}) to ${failure.origin ?? 'an unknown place'}. Log in again: the org may have moved to another instance.`;
  }
}

function adviceOnStatus(status: number): string {
  if (status === 401 || status === 403) return 'Renew the access token and do a handshake.';
  if (status === 429 || status >= 500) return 'Wait, then try again.';
  return 'Check the instance URL and the API version, which must be 37.0 or newer.';
}

const garbage = {
  html: 'The reply is a web page instead of Bayeux messages',
  'not-json': 'The reply is no JSON, or was cut short',
  'not-messages': 'The reply is JSON but no list of Bayeux messages',
  empty: 'The reply is empty',
  'no-reply': 'The reply answers another request than ours',
  'no-client-id': 'The handshake succeeded without a clientId',
};
