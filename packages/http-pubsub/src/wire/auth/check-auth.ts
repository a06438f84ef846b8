import type { OptionChecks } from '../../option-checks.ts';
import type { Auth } from './scheme.ts';
import { noAuth } from './scheme.ts';

/** The option `auth` of whoever talks to a broadcaster. */
export function checkAuth(
  check: OptionChecks,
  auth: Auth = { toBroadcaster: noAuth, toSubscriber: noAuth },
): Auth {
  for (const direction of ['toBroadcaster', 'toSubscriber'] as const) {
    if (typeof auth[direction]?.verify !== 'function') {
      check.fail(`"auth.${direction}" must be a scheme, such as hmacAuth({ secrets })`);
    }
  }
  return auth;
}
