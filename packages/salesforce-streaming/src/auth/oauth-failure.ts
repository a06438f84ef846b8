import type { Clock } from '@millrace/core';
import { isObject, readJson, textOf } from '../rest/json.ts';
import { salesforceError } from '../errors.ts';
import { remedyFor } from './remedies.ts';
import type { Hide } from './secrets.ts';
import { excerpt } from './secrets.ts';
import { authUnavailable, readRetryAfter } from './unavailable.ts';

/** Who logs in where, for the words of errors. */
export interface Attempted {
  /** The factory of the provider, such as `jwtBearer`. */
  readonly provider: string;
  readonly host: string;
  readonly hide: Hide;
}

/**
 * Errors that pass by themselves. `unknown_error` is what Salesforce answers when it fails inside. Salesforce limits
 * the logins of a user, too: `rate_limit_exceeded`, or in words.
 */
const passing = /^(unknown_error|rate_limit_exceeded|server_error|temporarily_unavailable)$/;
const passingInWords = /rate (?:limit )?exceeded|too many|try again|temporar/i;

/** What an answer that brought no token means. */
export function oauthFailure(
  attempted: Attempted,
  answer: Pick<Response, 'status' | 'headers'>,
  text: string,
  clock: Clock,
): Error {
  const { provider, host, hide } = attempted;
  const { status, headers } = answer;
  const retryAfter = readRetryAfter(headers.get('retry-after'), clock.now());
  const body = readJson(text);
  const { error, description } = isObject(body)
    ? { error: textOf(body.error), description: textOf(body.error_description) ?? '' }
    : { error: undefined, description: '' };
  if (error === undefined) {
    const reason = noOauthAnswer(host, status, headers, text);
    return authUnavailable(`${provider}() can not log in at ${host}: ${reason}.`, undefined, retryAfter);
  }
  const said = `${excerpt(error, hide)}${description === '' ? '' : `, "${excerpt(description, hide)}"`}`;
  const isPassing =
    status >= 500 ||
    status === 408 ||
    status === 429 ||
    passing.test(error) ||
    passingInWords.test(description);
  if (isPassing) {
    const message = `Salesforce can not do the login of ${provider}() at ${host} for now (HTTP ${status}, ${said}). It is worth another try later.`;
    return authUnavailable(message, undefined, retryAfter);
  }
  return salesforceError(
    'SALESFORCE_AUTH_DENIED',
    `Salesforce refuses the login of ${provider}() at ${host}: ${said}. ${remedyFor(error, description)}.`,
  );
}

function noOauthAnswer(host: string, status: number, headers: Headers, text: string): string {
  if (status >= 300 && status < 400) {
    return `it redirects to ${originOf(headers.get('location'), host)} (HTTP ${status}). Set \`loginUrl\` to the My Domain of the org`;
  }
  if (status >= 500) return `the server fails (HTTP ${status}). It is worth another try later`;
  if (status === 429) return 'it takes no more logins for now (HTTP 429). It is worth another try later';
  const kind = /^\s*</.test(text)
    ? 'a page of HTML'
    : text.trim() === ''
      ? 'nothing'
      : 'no JSON of an OAuth endpoint';
  return `it answers ${kind} (HTTP ${status}), so it is no OAuth endpoint, or only shows a notice for now. Check \`loginUrl\`, proxies in between, and status.salesforce.com`;
}

function originOf(location: string | null, host: string): string {
  return URL.parse(location ?? '', host)?.origin ?? 'somewhere else';
}
