import { salesforceError } from '../errors.ts';
import { isObject } from './json.ts';
import type { RestClient } from './rest-client.ts';

const version = /^\d{2,3}\.0$/;

/** Throws SALESFORCE_OPTIONS unless it is such as `66.0`. */
export function assertApiVersion(apiVersion: string): void {
  if (version.test(apiVersion)) return;
  throw salesforceError(
    'SALESFORCE_OPTIONS',
    `\`apiVersion\` is "${apiVersion}". It is a version of Salesforce's API such as "66.0", or "latest".`,
  );
}

/** The newest version that the org has, such as `66.0`. Rejects like `RestClient.call`. */
export async function latestApiVersion(rest: RestClient, signal: AbortSignal): Promise<string> {
  const answer = await rest.call({ method: 'GET', path: '/services/data/', signal });
  const versions = (Array.isArray(answer) ? answer : []).flatMap((entry: unknown) =>
    isObject(entry) && typeof entry.version === 'string' && version.test(entry.version)
      ? [entry.version]
      : [],
  );
  // The list has an order, but nobody promises it.
  const [latest] = versions.sort((one, other) => Number(other) - Number(one));
  if (latest !== undefined) return latest;
  throw salesforceError(
    'SALESFORCE_RESPONSE_INVALID',
    'The org does not say which API versions it has. Give `apiVersion`, such as "66.0".',
  );
}
