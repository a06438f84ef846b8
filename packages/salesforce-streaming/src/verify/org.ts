import type { Check } from '@millrace/core';
import { isObject } from '../rest/json.ts';
import type { RestClient } from '../rest/rest-client.ts';
import { unanswered } from './ask.ts';
import { failed, passed } from './check.ts';

/**
 * Whether the org can be logged in to and reached, and has the API version. Returns the version to ask the rest in, or
 * undefined when there is no use in asking.
 */
export async function* checkOrg(
  wanted: string,
  rest: RestClient,
  signal: AbortSignal,
): AsyncGenerator<Check, string | undefined> {
  let versions: readonly string[];
  try {
    versions = versionsIn(await rest.call({ method: 'GET', path: '/services/data/', signal }));
  } catch (error) {
    signal.throwIfAborted();
    yield unanswered('org', error);
    return undefined;
  }
  yield passed('org');
  const newest = versions.at(-1);
  if (wanted === 'latest') return newest;
  if (versions.includes(wanted)) {
    yield passed('API version');
    return wanted;
  }
  yield failed(
    'API version',
    'SALESFORCE_VERSION_UNSUPPORTED',
    `The org does not have API version ${wanted}.`,
    newest === undefined
      ? 'Set `apiVersion`.'
      : `Its newest is ${newest}: set \`apiVersion\` to that, or 'latest'.`,
  );
  return undefined;
}

/** Oldest first. */
function versionsIn(answer: unknown): readonly string[] {
  const entries: readonly unknown[] = Array.isArray(answer) ? answer : [];
  return entries
    .flatMap((entry) => (isObject(entry) && typeof entry['version'] === 'string' ? [entry['version']] : []))
    .sort((one, other) => Number(one) - Number(other));
}
