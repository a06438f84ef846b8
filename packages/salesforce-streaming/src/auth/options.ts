import { salesforceError } from '../errors.ts';

/** The text of an option, or SALESFORCE_OPTIONS. Values are never repeated: they are secrets. */
export function requiredText(provider: string, name: string, value: unknown, what: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  const problem =
    value === undefined ? 'is missing' : typeof value === 'string' ? 'is empty' : 'is not a text';
  throw salesforceError('SALESFORCE_OPTIONS', `\`${name}\` of ${provider}() ${problem}. It is ${what}.`);
}

export function optionalText(
  provider: string,
  name: string,
  value: unknown,
  what: string,
): string | undefined {
  return value === undefined ? undefined : requiredText(provider, name, value, what);
}

export const clientIdIs = 'the consumer key of the External Client App (or connected app)';
export const clientSecretIs = 'the consumer secret of the External Client App (or connected app)';
