import type { Clock } from '@millrace/core';
import type { Counting } from './counters.ts';
import type { EventLog } from './event-log/event-log.ts';
import type { FaultScript } from './faults/fault-script.ts';
import type { Identity } from './identity.ts';
import type { Instances } from './instances.ts';
import type { AccessTokens } from './oauth/access-tokens.ts';
import type { RefreshTokens } from './oauth/refresh-tokens.ts';
import type { OrgSettings } from './options.ts';

/** What the parts of an emulated org share. */
export interface Org {
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: OrgSettings;
  readonly identity: Identity;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly counting: Counting;
  readonly log: EventLog;
  readonly faultScript: FaultScript;
  readonly instances: Instances;
  revokeTokens(): void;
  expireRoutes(): void;
}
