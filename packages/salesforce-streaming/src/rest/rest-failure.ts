import { isMillraceError } from '@millrace/core';
import type { Hide } from '../auth/secrets.ts';
import { excerpt, safeCause } from '../auth/secrets.ts';
import type { SalesforceErrorCode } from '../errors.ts';
import { salesforceError } from '../errors.ts';
import { isTimeout } from './deadline.ts';
import { isObject, readJson, textOf } from './json.ts';

/** What was asked for, for the words of errors: `POST https://acme.my.salesforce.com/services/data/…`. */
export interface Asked {
  readonly what: string;
  readonly hide: Hide;
}

/** An error as Salesforce writes it: `errorCode` of a call, `statusCode` of one record among many. */
export interface StatedError {
  readonly code: string;
  readonly message: string;
}

interface Family {
  readonly code: SalesforceErrorCode;
  readonly remedy: string;
}

const unknownEffect = 'it may have taken effect or not';

/** What Salesforce's error codes mean, first match wins. SOAP API Developer Guide: ExceptionCode, StatusCode. */
const families: readonly (Family & { readonly codes: RegExp })[] = [
  {
    codes: /^INVALID_SESSION_ID$/,
    code: 'SALESFORCE_SESSION_REFUSED',
    remedy:
      'A new token is refused, too: check that the user has the permission "API Enabled", the app the scope api, and the IP restrictions and API access control of the org',
  },
  {
    codes: /LIMIT_EXCEEDED|^EXCEEDED_/,
    code: 'SALESFORCE_LIMIT_EXCEEDED',
    remedy:
      'An allocation of the org is used up. Setup > Company Information shows which; wait, or publish less',
  },
  {
    codes: /^(?:SERVER_UNAVAILABLE|UNABLE_TO_LOCK_ROW)$/,
    code: 'SALESFORCE_BUSY',
    remedy: 'It is worth another try later',
  },
  {
    codes: /^UNKNOWN_EXCEPTION$/,
    code: 'SALESFORCE_BUSY',
    remedy: `Salesforce failed inside, so ${unknownEffect}`,
  },
  {
    codes:
      /^(?:API_DISABLED_FOR_ORG|API_CURRENTLY_DISABLED|INSUFFICIENT_ACCESS\w*|INSUFFICIENT_PRIVILEGES|FUNCTIONALITY_NOT_ENABLED)$/,
    code: 'SALESFORCE_ACCESS_DENIED',
    remedy:
      'Give the user the permission for it ("API Enabled", and Create on the event) in a permission set',
  },
  {
    codes: /^(?:NOT_FOUND|INVALID_TYPE)$/,
    code: 'SALESFORCE_REQUEST_FAILED',
    remedy:
      'Check the name of the object and the API version; the user has to have access to the object, too',
  },
];

export function statedFailure({ what, hide }: Asked, { code, message }: StatedError, status?: number): Error {
  const family = families.find(({ codes }) => codes.test(code)) ?? familyOf(status);
  const shown = excerpt(code, hide);
  // No colon: what follows "INVALID_SESSION_ID:" would pass for a credential, and be taken out of logs.
  const said = message === '' ? shown : `${shown}, "${excerpt(message, hide)}"`;
  const error = salesforceError(family.code, `${what}: ${said}. ${family.remedy}.`);
  return Object.assign(error, { stated: shown });
}

/** The code that Salesforce gave for the failure, such as `NOT_FOUND`. */
export function statedCodeOf(error: unknown): string | undefined {
  return isMillraceError(error) && 'stated' in error && typeof error.stated === 'string'
    ? error.stated
    : undefined;
}

function familyOf(status = 400): Family {
  switch (status) {
    case 401:
      return { code: 'SALESFORCE_SESSION_REFUSED', remedy: 'A new token is refused, too' };
    case 403:
      return {
        code: 'SALESFORCE_ACCESS_DENIED',
        remedy: 'Check the permissions of the user and the scopes of the app',
      };
    case 413:
      return { code: 'SALESFORCE_REQUEST_FAILED', remedy: 'It is too large for Salesforce: send less' };
    case 429:
    case 503:
      return { code: 'SALESFORCE_BUSY', remedy: 'It is worth another try later' };
    case 502:
    case 504:
      return { code: 'SALESFORCE_UNREACHABLE', remedy: `A gateway got no answer, so ${unknownEffect}` };
    default:
      if (status >= 500)
        return { code: 'SALESFORCE_BUSY', remedy: `Salesforce failed inside, so ${unknownEffect}` };
      return { code: 'SALESFORCE_REQUEST_FAILED', remedy: 'The same request will fail again: correct it' };
  }
}

/** What an answer other than success means. */
export function answeredFailure(asked: Asked, status: number, text: string): Error {
  const { what } = asked;
  const body = readJson(text);
  const [first]: readonly unknown[] = Array.isArray(body) ? body : [body];
  const code = isObject(first) ? textOf(first.errorCode) : undefined;
  if (isObject(first) && code !== undefined) {
    return statedFailure(asked, { code, message: textOf(first.message) ?? '' }, status);
  }
  if ([401, 403, 413, 429].includes(status) || status >= 500) {
    const { code, remedy } = familyOf(status);
    return salesforceError(code, `${what}: HTTP ${status}. ${remedy}.`);
  }
  return unreadable(asked, status, text);
}

/** The answer is none of the API. */
export function unreadable({ what }: Asked, status: number, text: string): Error {
  const kind = /^\s*</.test(text) ? 'a page of HTML' : text.trim() === '' ? 'nothing' : 'no complete JSON';
  const effect = status < 300 ? `, so ${unknownEffect}` : '';
  return salesforceError(
    'SALESFORCE_RESPONSE_INVALID',
    `${what}: answered with ${kind} (HTTP ${status}), not by Salesforce's API${effect}. Check the instance, proxies in between, and status.salesforce.com.`,
  );
}

/** There was no answer, or not all of it. */
export function unanswered({ what, hide }: Asked, error: unknown): Error {
  const problem = isTimeout(error) ? 'not answered in time' : 'no answer, or not all of it';
  return salesforceError(
    'SALESFORCE_UNREACHABLE',
    `${what}: ${problem}, so ${unknownEffect}. Check the network, DNS and proxies.`,
    safeCause(error, hide),
  );
}
