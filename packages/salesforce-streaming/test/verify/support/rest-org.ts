import type { Check, VerifyContext } from '@millrace/core';
import { silentLogger } from '@millrace/core';
import type { SalesforceEmulator } from '@millrace/testing/salesforce';
import { clientCredentials } from '../../../src/auth/client-credentials.ts';
import { createAuthSession } from '../../../src/auth/session.ts';
import { checkOptions } from '../../../src/check-options.ts';
import type { SalesforceOptions } from '../../../src/options.ts';
import { createSubscriptions } from '../../../src/subscriptions.ts';
import { createVerification } from '../../../src/verify/verification.ts';

/** What an org has, as its REST API tells: in the forms of the REST and Tooling API guides. */
export interface RestOrg {
  /** Objects and events that the user can see. */
  readonly objects?: readonly string[];
  /** Selected for change data capture: names of change events, or ids. */
  readonly selected?: readonly string[];
  readonly customChannels?: Readonly<Record<string, 'event' | 'data'>>;
  /** Whether they are active. */
  readonly pushTopics?: Readonly<Record<string, boolean>>;
  readonly streamingChannels?: readonly string[];
  readonly limits?: Readonly<Record<string, { readonly Max: number; readonly Remaining: number }>>;
  /** Answers instead, for paths that contain the text. */
  readonly instead?: Readonly<Record<string, () => Response>>;
}

export function failure(status: number, errorCode: string, message = 'No.'): Response {
  return Response.json([{ errorCode, message }], { status });
}

/** Puts the org's data before an emulated org, which goes on to answer logins and the list of versions. */
function fetchFrom(org: RestOrg, asked: string[] = []): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const path = `${url.pathname}${url.search}`;
    asked.push(decodeURIComponent(path));
    for (const [part, answer] of Object.entries(org.instead ?? {})) {
      if (decodeURIComponent(path).includes(part)) return answer();
    }
    const resource = /^\/services\/data\/v[\d.]+\/(.+)$/.exec(url.pathname)?.[1];
    return resource === undefined
      ? fetch(input, init)
      : answer(org, resource, url.searchParams.get('q') ?? '');
  };
}

function answer(org: RestOrg, resource: string, soql: string): Response {
  const object = /^sobjects\/(\w+)\/describe$/.exec(resource)?.[1];
  if (object !== undefined && org.objects?.includes(object)) return Response.json({ name: object });
  if (resource === 'limits') return Response.json(org.limits ?? {});
  const from = /FROM (\w+)/.exec(soql)?.[1];
  const value = /= '([^']*)'/.exec(soql)?.[1] ?? '';
  if (resource === 'tooling/query' && from === 'PlatformEventChannel') {
    const type = org.customChannels?.[value];
    return rows(type === undefined ? [] : [{ ChannelType: type }]);
  }
  if (resource === 'tooling/query' && from === 'PlatformEventChannelMember')
    return rows((org.selected ?? []).map((SelectedEntity) => ({ SelectedEntity })));
  if (resource === 'query' && from === 'PushTopic') {
    const active = org.pushTopics?.[value];
    return rows(active === undefined ? [] : [{ IsActive: active }]);
  }
  if (resource === 'query' && from === 'StreamingChannel')
    return rows(org.streamingChannels?.includes(value) ? [{ Id: '0M6000000000001AAA' }] : []);
  return failure(404, 'NOT_FOUND', 'The requested resource does not exist');
}

function rows(records: readonly object[]): Response {
  return Response.json({ totalSize: records.length, done: true, records });
}

type Emulated = Pick<SalesforceEmulator, 'url' | 'credentials'>;

export interface Looked {
  readonly checks: readonly Check[];
  /** Those that are not ok, each with whether it keeps a consumer from starting. */
  readonly problems: readonly Check[];
  readonly asked: readonly string[];
}

/** Runs the checks of a source of the emulated org, with the data of `org` when it is given. */
export async function look(
  emulator: Emulated,
  org: RestOrg | undefined,
  options: Partial<SalesforceOptions> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Looked> {
  const asked: string[] = [];
  const checks: Check[] = [];
  for await (const check of verificationOf(emulator, org, options, asked).verify(contextOf(signal)))
    checks.push(check);
  const problems = checks
    .filter(({ ok }) => !ok)
    .map((check) => ({ ...check, fatal: check.fatal !== false }));
  return { checks, problems, asked };
}

export function verificationOf(
  { url, credentials }: Emulated,
  org: RestOrg | undefined,
  options: Partial<SalesforceOptions> = {},
  asked: string[] = [],
) {
  const { clientId, clientSecret } = credentials;
  const complete: SalesforceOptions = {
    auth: clientCredentials({ loginUrl: url, clientId, clientSecret }),
    channels: [],
    ...(org && { fetch: fetchFrom(org, asked) }),
    ...options,
  };
  const settings = checkOptions(complete);
  const subscriptions = createSubscriptions(complete.channels, {
    transport: settings.transport,
    start: 'latest',
    onInvalidPosition: 'earliest',
  });
  const auth = createAuthSession({ provider: settings.auth, fetch: settings.fetch, loginInterval: 0 });
  return createVerification({ settings, auth, subscriptions });
}

export function contextOf(signal: AbortSignal): VerifyContext {
  return {
    signal,
    log: silentLogger,
    patterns: [],
    takesAll: false,
    handlerTimeout: 0,
    attempts: 1,
    retention: undefined,
  };
}
