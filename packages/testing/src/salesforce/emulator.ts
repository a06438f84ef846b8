import type { Kick } from './bayeux/sessions.ts';
import { createBayeux } from './bayeux/bayeux.ts';
import type { Counters } from './counters.ts';
import { createCounting } from './counters.ts';
import type { EventLog } from './event-log/event-log.ts';
import { createEventLog } from './event-log/event-log.ts';
import type { Fields } from './event-log/event.ts';
import type { ChannelOptions, PublishOptions } from './event-log/options.ts';
import type { Faults } from './faults/fault-script.ts';
import type { RandomFaults, RandomFaultsOptions } from './faults/random-faults.ts';
import { startRandomFaults } from './faults/random-faults.ts';
import { createFaultScript } from './faults/fault-script.ts';
import { replyWriter } from './http/reply-writer.ts';
import type { OrgCredentials } from './identity.ts';
import { createIdentity } from './identity.ts';
import { startInstances } from './instances.ts';
import { createAccessTokens } from './oauth/access-tokens.ts';
import { createRefreshTokens } from './oauth/refresh-tokens.ts';
import type { OrgOptions } from './options.ts';
import { orgSettings } from './options.ts';
import type { Org } from './org.ts';
import { router } from './router.ts';
import { seededRandom } from './seeded-random.ts';

export interface SalesforceEmulatorOptions extends OrgOptions {
  /** The channels there are, by name, such as `/event/Order__e`. `/data/ChangeEvents` is always there. */
  readonly channels?: Readonly<Record<string, ChannelOptions>>;
}

export interface Published {
  /** In digits. */
  readonly replayId: string;
  /** `EventUuid` where the kind of event has it. */
  readonly id: string;
}

/** A Salesforce org on the loopback address: its logins, its streaming, its events. */
export interface SalesforceEmulator extends AsyncDisposable {
  /** Where clients log in, such as `http://127.0.0.1:53211`. */
  readonly url: string;
  /** Where the org's APIs are: what a login answers. */
  readonly instanceUrl: string;
  readonly orgId: string;
  readonly credentials: OrgCredentials;
  /** All events and channels: for change events, gaps, deletions, new schemas. */
  readonly log: EventLog;
  /** Publishes one event. `content` is the text of a generic event, and the fields of all others. */
  publish(channel: string, content: Fields | string, options?: PublishOptions): Published;
  /** Deletes events, all of the channel unless their replay ids are given, and answers how many. */
  deleteEvents(channel: string, replayIds?: readonly string[]): number;
  /** Whether a token was issued here and is not revoked. */
  acceptsToken(token: string): boolean;
  /**
   * All access tokens are refused from now on, from each session's next request on. Polls that hang are answered as if
   * their time was over. `refreshToken`: that is refused too.
   */
  revokeTokens(options?: { readonly refreshToken?: boolean }): void;
  /** The server disconnects all sessions: each hears of it with the poll that hangs, or with its next one. */
  kick(kick?: Kick): void;
  /** As if the time of all routing cookies had run out: the next requests reach another app server. */
  expireRoutes(): void;
  /**
   * The org is at another `instanceUrl` from now on, and all sessions are over. The old address redirects (302), but
   * one can still log in at `url`.
   */
  moveInstance(): Promise<void>;
  readonly faults: Faults;
  /** Faults by chance, from a seed, until they are stopped. */
  randomFaults(options?: RandomFaultsOptions): RandomFaults;
  readonly counters: Counters;
  /** Ends what hangs, and every connection. Works twice. */
  close(): Promise<void>;
}

/** Starts an org. Rejects with EMULATOR_OPTIONS when they make no sense, and when the port is taken. */
export async function salesforceEmulator(
  options: SalesforceEmulatorOptions = {},
): Promise<SalesforceEmulator> {
  const settings = orgSettings(options);
  const { clock } = settings;
  const random = seededRandom(settings.seed);
  const identity = createIdentity(random);
  const counting = createCounting();
  const log = createEventLog({ clock, random: seededRandom(settings.seed + 1), userId: identity.userId });
  for (const [name, channel] of Object.entries(options.channels ?? {})) {
    log.define(name, channel);
  }
  const org: Org = {
    clock,
    random,
    settings,
    identity,
    accessTokens: createAccessTokens(identity.orgId, random),
    refreshTokens: createRefreshTokens(random, settings.rotateRefreshTokens),
    counting,
    log,
    faultScript: createFaultScript(() => (counting.counts.faults += 1)),
    get instances() {
      return instances;
    },
    revokeTokens() {
      org.accessTokens.revokeAll();
      for (const session of bayeux.sessions.all) session.wake();
    },
    expireRoutes: () => bayeux.routes.expireAll(),
  };
  const bayeux = createBayeux(org);
  const { sessions } = bayeux;
  const instances = await startInstances({
    port: settings.port,
    handler: router(bayeux),
    write: replyWriter({ ...settings, random }),
    onMoved: endSessions,
  });

  function endSessions(): void {
    for (const session of sessions.all) sessions.end(session);
  }

  async function close(): Promise<void> {
    endSessions();
    await instances.close();
  }

  return {
    url: instances.login,
    get instanceUrl() {
      return instances.current;
    },
    orgId: identity.orgId,
    credentials: {
      clientId: identity.clientId,
      clientSecret: identity.clientSecret,
      username: identity.username,
      password: identity.password,
      get refreshToken() {
        return org.refreshTokens.current;
      },
      get privateKey() {
        return identity.privateKey;
      },
    },
    log,
    publish(channel, content, publishOptions) {
      const { replayId, uuid } = log.publish(channel, content, publishOptions);
      return { replayId: replayId.toString(), id: uuid };
    },
    deleteEvents: (channel, replayIds) => log.deleteEvents(channel, replayIds?.map(BigInt)),
    acceptsToken: (token) => org.accessTokens.accepts(token),
    revokeTokens({ refreshToken = false } = {}) {
      if (refreshToken) org.refreshTokens.revoke();
      org.revokeTokens();
    },
    kick(kick = {}) {
      for (const session of sessions.all) sessions.kick(session, kick);
    },
    expireRoutes: org.expireRoutes,
    moveInstance: instances.move,
    faults: org.faultScript.faults,
    randomFaults: (faultOptions = {}) => startRandomFaults(org.faultScript, faultOptions),
    get counters() {
      return {
        ...counting.counts,
        connectsBySession: new Map(counting.connectsBySession),
        sessions: sessions.alive,
        mostSessions: sessions.mostAlive,
        polls: sessions.polls,
      };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
