/** An org of yours with a platform event that this test may publish: a Developer Edition org will do. */
export interface LiveOrg {
  readonly loginUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** API name of the platform event, such as `Smoke__e`. */
  readonly event: string;
  /** API name of a text field of it, such as `Text__c`. */
  readonly field: string;
}

const variables = {
  loginUrl: 'MILLRACE_SALESFORCE_LOGIN_URL',
  clientId: 'MILLRACE_SALESFORCE_CLIENT_ID',
  clientSecret: 'MILLRACE_SALESFORCE_CLIENT_SECRET',
  event: 'MILLRACE_SALESFORCE_EVENT',
  field: 'MILLRACE_SALESFORCE_FIELD',
} as const;

/** Undefined when no variable is set. Throws when some are and others are not: then a run was meant. */
export function liveOrgFrom(env: Readonly<Record<string, string | undefined>>): LiveOrg | undefined {
  const names = Object.values(variables);
  const missing = names.filter((name) => (env[name] ?? '') === '');
  if (missing.length === names.length) return undefined;
  if (missing.length > 0) throw new Error(`To test with an org, set ${missing.join(', ')} as well.`);
  const valueOf = (name: string) => env[name] ?? '';
  return {
    loginUrl: valueOf(variables.loginUrl),
    clientId: valueOf(variables.clientId),
    clientSecret: valueOf(variables.clientSecret),
    event: valueOf(variables.event),
    field: valueOf(variables.field),
  };
}

export const howToRunLive = `Not tested with a live org: set ${Object.values(variables).join(', ')} for that.`;
