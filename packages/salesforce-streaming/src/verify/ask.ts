import type { Check } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import type { SalesforceErrorCode } from '../errors.ts';
import { isObject } from '../rest/json.ts';
import type { RestClient } from '../rest/rest-client.ts';
import { statedCodeOf } from '../rest/rest-failure.ts';
import { impossible } from './check.ts';

type Row = Readonly<Record<string, unknown>>;

export type Answer =
  /** Undefined: there is no such thing, or the user may not see it, which Salesforce does not tell apart. */
  | { readonly value: unknown }
  /** It can't be told, or the org can't be used at all; the check says so. */
  | { readonly check: Check };

export interface Question {
  /** What the user needs for it, for the remedy when it is denied. */
  readonly permission?: string;
}

export interface Query extends Question {
  readonly tooling?: boolean;
}

/** Asks the org's REST API on behalf of the check that is named. Rejects only with the signal's reason. */
export interface Ask {
  /** `path` is below `/services/data/v66.0`. */
  (name: string, path: string, question?: Question): Promise<Answer>;
  rows(
    name: string,
    soql: string,
    query?: Query,
  ): Promise<{ readonly rows: readonly Row[] } | { readonly check: Check }>;
  /** The last question had no answer for a reason that holds for all: there is no use in asking on. */
  isOver(): boolean;
}

/** The org can't be used at all, and streaming would end the same way. */
const fatal: readonly SalesforceErrorCode[] = [
  'SALESFORCE_OPTIONS',
  'SALESFORCE_AUTH_DENIED',
  'SALESFORCE_SESSION_REFUSED',
  'SALESFORCE_RESPONSE_INVALID',
];

/** The org can't be asked for now, whatever the question. The source goes on trying when it opens. */
const passing: readonly SalesforceErrorCode[] = [
  'SALESFORCE_AUTH_UNAVAILABLE',
  'SALESFORCE_UNREACHABLE',
  'SALESFORCE_BUSY',
];

export function createAsk(rest: RestClient, version: string, signal: AbortSignal): Ask {
  let isOver = false;

  async function ask(name: string, path: string, { permission }: Question = {}): Promise<Answer> {
    try {
      return { value: await rest.call({ method: 'GET', path: `/services/data/v${version}${path}`, signal }) };
    } catch (error) {
      signal.throwIfAborted();
      if (statedCodeOf(error) === 'NOT_FOUND') return { value: undefined };
      isOver = isAboutOrg(error);
      return { check: unanswered(name, error, permission) };
    }
  }

  async function rows(name: string, soql: string, { tooling = false, ...question }: Query = {}) {
    const path = `${tooling ? '/tooling' : ''}/query?q=${encodeURIComponent(soql)}`;
    const answer = await ask(name, path, question);
    if ('check' in answer) return answer;
    const records = isObject(answer.value) ? answer.value['records'] : undefined;
    if (Array.isArray(records)) return { rows: records.filter(isObject) };
    return { check: impossible(name, 'the org did not answer the query', 'See that events arrive.') };
  }

  return Object.assign(ask, { rows, isOver: () => isOver });
}

function isAboutOrg(error: unknown): boolean {
  return isApiDenied(error) || [...fatal, ...passing].some((code) => isMillraceError(error, code));
}

/** The user may not use the API at all, be it to ask or to stream. */
function isApiDenied(error: unknown): boolean {
  return statedCodeOf(error)?.startsWith('API_') ?? false;
}

/** What it means for a check that its question had no answer. */
export function unanswered(name: string, error: unknown, permission?: string): Check {
  const { message: problem } = error as Error;
  for (const code of fatal) if (isMillraceError(error, code)) return { name, ok: false, code, problem };
  if (isApiDenied(error)) return { name, ok: false, code: 'SALESFORCE_ACCESS_DENIED', problem };
  if (isAboutOrg(error)) return impossible(name, problem, 'The source goes on trying once it is open.');
  // Objects that the user may not see are to a query as if they did not exist.
  const isDenied =
    statedCodeOf(error) === 'INVALID_TYPE' || isMillraceError(error, 'SALESFORCE_ACCESS_DENIED');
  if (!isDenied) return impossible(name, problem, 'See that events arrive.');
  const remedy = permission === undefined ? 'See' : `Give the user ${permission} to have it checked, or see`;
  return impossible(name, 'access is denied', `${remedy} that events arrive.`);
}
