/** What Salesforce answers to a login that it refuses, and what to do about it; the first that fits counts. */
interface Remedy {
  /** Of `error`, or of both when there is no `description`. */
  readonly error: RegExp;
  readonly description?: RegExp;
  readonly remedy: string;
}

/** "Setup" is what Salesforce calls the pages of an administrator; the names in them are Salesforce's. */
const remedies: readonly Remedy[] = [
  {
    error: /^invalid_client_id$/,
    remedy:
      'No app has this consumer key. Check `clientId` and the host; a new app takes up to 10 minutes until it is known everywhere',
  },
  {
    error: /^invalid_client$/,
    remedy:
      'The consumer key and secret do not belong together. Check `clientSecret` (or, for a JWT, that the certificate in the app is that of `privateKey`)',
  },
  {
    error: /^unsupported_grant_type$/,
    remedy:
      'The org or the app does not allow this flow, or the host redirected the request. Enable the flow in the app; newer orgs block the username-password flow until Setup > OAuth and OpenID Connect Settings allows it, and External Client Apps do not have it: prefer client credentials or JWT',
  },
  {
    error: /^inactive_user$/,
    remedy: 'The user is inactive or frozen. Activate it in Setup > Users, or use another',
  },
  { error: /^inactive_org$/, remedy: 'The org is locked, closed or suspended. Ask Salesforce support' },
  {
    error: /^(invalid_app_access|unauthorized_client|app_not_approved|oauth_app_blocked)/,
    remedy:
      'The user may not use this app. Give its profile or permission set access to the app, or unblock the app in Setup',
  },
  { error: /^invalid_scope$/, remedy: 'Give the app the OAuth scope "Manage user data via APIs (api)"' },
  {
    error: /^invalid_grant$/,
    description: /not supported on this domain/i,
    remedy: 'This flow works only at the My Domain of the org. Set `loginUrl` to it',
  },
  {
    error: /^invalid_grant$/,
    description: /no client credentials user|client credentials/i,
    remedy: 'Enable the client credentials flow in the app, and choose in its policies the user it runs as',
  },
  {
    error: /^invalid_grant$/,
    description: /approved this consumer/i,
    remedy:
      'Set the app\'s "Permitted Users" to "Admin approved users are pre-authorized" and give the user\'s profile or permission set access to the app',
  },
  {
    error: /^invalid_grant$/,
    description: /audience/i,
    remedy:
      'The `aud` of the JWT is not what this host expects. Set `sandbox: true` for sandboxes, or `audience`',
  },
  {
    error: /^invalid_grant$/,
    description: /ip restricted|ip range/i,
    remedy:
      'The login comes from an address that is not allowed. Add it to the IP ranges of the profile or org, or relax the IP restrictions of the app',
  },
  {
    error: /^invalid_grant$/,
    description: /expired access\/refresh token|token (?:is )?(?:expired|revoked)|refresh token/i,
    remedy:
      'The refresh token has expired or was revoked (a user has five for an app; the oldest goes first). Authorize the app again, and keep rotated tokens by `onRefreshToken`',
  },
  {
    error: /^invalid_grant$/,
    description: /assertion|expired|signature/i,
    remedy:
      'The JWT was not accepted. Check that the clock of this machine is right, that the app has the certificate of `privateKey`, and that `username` is a user of the org',
  },
  {
    error: /^invalid_grant$/,
    description: /user is locked|locked out|password (?:has )?expired/i,
    remedy: "Unlock the user or reset its password in Setup, and don't log in again before that",
  },
  {
    error: /^invalid_grant$/,
    remedy:
      "Check the user name and the password with the security token behind it (`securityToken`); a sandbox needs `sandbox: true` or its own `loginUrl`, and user names there end in the name of the sandbox. The user's login history in Setup says more",
  },
];

export function remedyFor(error: string, description: string): string {
  const found = remedies.find(
    (remedy) => remedy.error.test(error) && (remedy.description?.test(description) ?? true),
  );
  return found?.remedy ?? "Check the app's OAuth settings and policies in Setup";
}
