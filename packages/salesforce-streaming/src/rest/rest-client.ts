import type { Clock } from '@millrace/core';
import type { AuthSession, Token } from '../auth/provider.ts';
import { hiding } from '../auth/secrets.ts';
import { withDeadline } from './deadline.ts';
import { readJson } from './json.ts';
import { readText } from './read-text.ts';
import type { Asked } from './rest-failure.ts';
import { answeredFailure, unanswered, unreadable } from './rest-failure.ts';

export interface RestRequest {
  readonly method: 'GET' | 'POST';
  /** Such as `/services/data/v66.0/query?q=…`. */
  readonly path: string;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** What else must not show in errors, asked for only then. */
  readonly secrets?: () => readonly string[];
}

/** Calls Salesforce's REST API. */
export interface RestClient {
  /**
   * The parsed JSON of a successful answer. Logs in again when the token is refused, or the org has
   * moved, once. Rejects with the signal's
   * reason, with what logging in rejects with, or with SALESFORCE_SESSION_REFUSED, SALESFORCE_ACCESS_DENIED,
   * SALESFORCE_LIMIT_EXCEEDED, SALESFORCE_BUSY, SALESFORCE_REQUEST_FAILED, SALESFORCE_RESPONSE_INVALID or
   * SALESFORCE_UNREACHABLE. The message says so where it may have taken effect all the same.
   */
  call(request: RestRequest): Promise<unknown>;
}

export interface RestSettings {
  readonly auth: AuthSession;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

/** Milliseconds for a call, its answer included. */
const callTimeout = 120_000;

interface Answer {
  readonly status: number;
  readonly ok: boolean;
  readonly text: string;
}

export function restClient({ auth, fetch, clock }: RestSettings): RestClient {
  async function ask(request: RestRequest, token: Token, signal: AbortSignal): Promise<Answer> {
    const { method, path, body } = request;
    const response = await fetch(token.instanceUrl + path, {
      method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token.accessToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json; charset=UTF-8' }),
      },
      ...(body === undefined ? {} : { body }),
      // The token would go wherever a redirect points.
      redirect: 'manual',
      signal,
    });
    return { status: response.status, ok: response.ok, text: await readText(response) };
  }

  async function answerOf(request: RestRequest, token: Token): Promise<Answer> {
    try {
      return await withDeadline(clock, callTimeout, request.signal, (signal) => ask(request, token, signal));
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason;
      throw unanswered(asked(request, token), error);
    }
  }

  return {
    async call(request) {
      let token = await auth.token(request.signal);
      let answer = await answerOf(request, token);
      if (answer.status === 401 || isRedirect(answer)) {
        // Nothing was done, so the same can be asked again. A login also tells where an org is that has moved.
        token = await auth.renew(token, request.signal);
        answer = await answerOf(request, token);
      }
      const { status, ok, text } = answer;
      if (!ok) throw answeredFailure(asked(request, token), status, text);
      const json = readJson(text);
      if (json === undefined) throw unreadable(asked(request, token), status, text);
      return json;
    },
  };
}

function isRedirect({ status }: Answer): boolean {
  return status >= 300 && status < 400;
}

function asked({ method, path, secrets }: RestRequest, { accessToken, instanceUrl }: Token): Asked {
  const [plain = ''] = path.split('?');
  return { what: `${method} ${instanceUrl}${plain}`, hide: hiding([accessToken, ...(secrets?.() ?? [])]) };
}
