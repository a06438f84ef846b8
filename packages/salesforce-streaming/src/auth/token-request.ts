import { isTimeout, withDeadline } from '../rest/deadline.ts';
import { isObject, readJson, textOf } from '../rest/json.ts';
import { readText } from '../rest/read-text.ts';
import { instanceOf } from './host.ts';
import type { Attempted } from './oauth-failure.ts';
import { oauthFailure } from './oauth-failure.ts';
import { orgIdOfAccessToken, orgIdOfIdentity } from './org-id.ts';
import type { LoginContext, Token } from './provider.ts';
import { safeCause } from './secrets.ts';
import { authUnavailable } from './unavailable.ts';

/** Milliseconds for a login, its answer included. */
export const loginTimeout = 30_000;

export interface TokenAnswer extends Token {
  /** Only where an app rotates them. */
  readonly refreshToken: string | undefined;
}

/** Asks the token endpoint once. https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_endpoints.htm */
export async function requestToken(
  attempted: Attempted,
  form: Readonly<Record<string, string>>,
  { signal, fetch, clock }: LoginContext,
): Promise<TokenAnswer> {
  const { provider, host, hide } = attempted;
  const ask = async (signal: AbortSignal) => {
    const response = await fetch(`${host}/services/oauth2/token`, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
      // A redirect would carry the secrets to another host, or become a GET, which Salesforce calls a wrong grant type.
      redirect: 'manual',
      signal,
    });
    return { response, text: await readText(response) };
  };
  let answer;
  try {
    answer = await withDeadline(clock, loginTimeout, signal, ask);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const problem = isTimeout(error)
      ? `did not answer within ${loginTimeout / 1_000} s`
      : 'can not be reached, or broke off';
    throw authUnavailable(
      `${provider}() can not log in: ${host} ${problem}. Check the network, DNS and proxies; it is worth another try later.`,
      safeCause(error, hide),
    );
  }
  if (!answer.response.ok) throw oauthFailure(attempted, answer.response, answer.text, clock);
  const body = readJson(answer.text);
  if (!isObject(body) || textOf(body.access_token) === undefined) {
    throw oauthFailure(attempted, answer.response, answer.text, clock);
  }
  return readToken(attempted, body);
}

function readToken({ provider, host }: Attempted, body: Readonly<Record<string, unknown>>): TokenAnswer {
  const accessToken = textOf(body.access_token);
  const instanceUrl = instanceOf(body.instance_url);
  const orgId =
    orgIdOfIdentity(body.id) ?? (accessToken === undefined ? undefined : orgIdOfAccessToken(accessToken));
  if (accessToken === undefined || instanceUrl === undefined || orgId === undefined) {
    const missing = instanceUrl === undefined ? 'a usable instance_url' : 'an id that names the organisation';
    throw authUnavailable(
      `${provider}() can not log in: ${host} issued a token without ${missing}. That is not how Salesforce answers: check \`loginUrl\` and proxies in between.`,
    );
  }
  return { accessToken, instanceUrl, orgId, refreshToken: textOf(body.refresh_token) };
}
