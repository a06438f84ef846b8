import { isMillraceError } from '@millrace/core';
import { isTimeout, withDeadline } from '../rest/deadline.ts';
import { isObject, readJson, textOf } from '../rest/json.ts';
import { readText } from '../rest/read-text.ts';
import { salesforceError } from '../errors.ts';
import { instanceOf } from './host.ts';
import { orgIdOfAccessToken, toOrgId } from './org-id.ts';
import type { AuthProvider, LoginContext, Token } from './provider.ts';
import { hiding, safeCause } from './secrets.ts';
import { loginTimeout } from './token-request.ts';
import { authUnavailable } from './unavailable.ts';

export interface SuppliedToken {
  readonly accessToken: string;
  /** Such as `https://acme.my.salesforce.com`. */
  readonly instanceUrl: string;
  /** @default the one that the token begins with, else the one that the org names */
  readonly orgId?: string;
}

export interface SupplyContext {
  readonly signal: AbortSignal;
  /** The access token that the server refuses, when that is why a token is asked for: hand out another one. */
  readonly refused: string | undefined;
}

export type SupplyToken = (context: SupplyContext) => SuppliedToken | Promise<SuppliedToken>;

const name = 'accessToken';

/**
 * Takes tokens from a function of yours, called whenever one is needed. What it throws counts as passing; throw a
 * MillraceError with the code SALESFORCE_AUTH_DENIED to end for good. Throws SALESFORCE_OPTIONS.
 */
export function accessToken(supply: SupplyToken): AuthProvider {
  if (typeof supply !== 'function') {
    throw salesforceError(
      'SALESFORCE_OPTIONS',
      'accessToken() takes a function that answers `{ accessToken, instanceUrl }`.',
    );
  }
  return { name, login: async (context) => check(await call(supply, context), context) };
}

async function call(supply: SupplyToken, { signal, clock, refused }: LoginContext): Promise<unknown> {
  try {
    return await withDeadline(clock, loginTimeout, signal, async (signal): Promise<unknown> =>
      supply({ signal, refused: refused?.accessToken }),
    );
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (isMillraceError(error)) throw error;
    const problem = isTimeout(error) ? `did not answer within ${loginTimeout / 1_000} s` : 'failed';
    throw authUnavailable(
      `The function of ${name}() ${problem}. It is called again later.`,
      safeCause(error, hiding([refused?.accessToken])),
    );
  }
}

async function check(supplied: unknown, context: LoginContext): Promise<Token> {
  const deny = (problem: string) =>
    salesforceError('SALESFORCE_AUTH_DENIED', `What the function of ${name}() answers ${problem}.`);
  if (!isObject(supplied)) throw deny('is not `{ accessToken, instanceUrl }`');
  const accessToken = textOf(supplied.accessToken);
  // What no header can carry would make fetch repeat it in its error.
  if (accessToken === undefined || !/^[!-~]+$/.test(accessToken)) {
    throw deny('has no `accessToken` that is a text without spaces');
  }
  const instanceUrl = instanceOf(supplied.instanceUrl);
  if (instanceUrl === undefined) {
    throw deny('has no `instanceUrl` such as https://acme.my.salesforce.com (https, without a path)');
  }
  const given = supplied.orgId === undefined ? orgIdOfAccessToken(accessToken) : toOrgId(supplied.orgId);
  if (supplied.orgId !== undefined && given === undefined) {
    throw deny('has an `orgId` that is not the id of an organisation (00D…, 15 or 18 characters)');
  }
  const orgId = given ?? (await askForOrgId(accessToken, instanceUrl, context));
  return { accessToken, instanceUrl, orgId };
}

/** https://help.salesforce.com/s/articleView?id=sf.remoteaccess_using_userinfo_endpoint.htm */
async function askForOrgId(
  accessToken: string,
  instanceUrl: string,
  { signal, clock, fetch }: LoginContext,
): Promise<string> {
  const ask = async (signal: AbortSignal) => {
    const headers = { accept: 'application/json', authorization: `Bearer ${accessToken}` };
    const url = `${instanceUrl}/services/oauth2/userinfo`;
    const response = await fetch(url, { headers, redirect: 'manual', signal });
    return { status: response.status, text: await readText(response) };
  };
  const remedy = 'Check that the token is good for this instance, or let your function answer `orgId`, too';
  let answer;
  try {
    answer = await withDeadline(clock, loginTimeout, signal, ask);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const message = `${instanceUrl} could not be asked for the organisation of a token that ${name}() supplies. ${remedy}.`;
    throw authUnavailable(message, safeCause(error, hiding([accessToken])));
  }
  const body = readJson(answer.text);
  const orgId = isObject(body) ? toOrgId(body.organization_id) : undefined;
  if (orgId !== undefined) return orgId;
  throw authUnavailable(
    `${instanceUrl} does not say which organisation a token is of that ${name}() supplies (HTTP ${answer.status}). ${remedy}.`,
  );
}
