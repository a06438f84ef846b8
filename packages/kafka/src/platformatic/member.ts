import { setTimeout } from 'node:timers/promises';
import type { KafkaMember, MemberOptions } from '../client/port.ts';
import { kafkaError } from '../errors.ts';
import { isWorthAnotherTry, platformaticFailure, protocolErrorOf } from './failure.ts';
import { createFetcher } from './fetcher.ts';
import type { Share } from './membership.ts';
import { createMembership } from './membership.ts';
import type { PlatformaticOptions } from './options.ts';
import { openWire } from './wire.ts';

/** Milliseconds between tries to join, after a refusal that may pass. */
const pauseBeforeJoining = 200;
/** Milliseconds that leaving may take: a group does without, after the session timeout. */
const patienceToLeave = 2_000;
/** Milliseconds that are left to the network, where the broker itself may wait. */
const networkTime = 10_000;
/** Refusals by which a member has to join anew. */
const rejoinable = ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'];

/** A member of a group. Signs of life, joining, and reading go over connections of their own, and don't wait for each other. */
export function createMember(connection: PlatformaticOptions, options: MemberOptions): KafkaMember {
  const { group, instanceId, heartbeatInterval } = options;
  const { requestTimeout = 30_000 } = connection;
  // Who has to wait longer than a session for an answer has lost it anyway.
  const wire = openWire(connection, Math.min(requestTimeout, options.sessionTimeout));
  const patientWire = openWire(connection, options.rebalanceTimeout + networkTime);
  const fetchWire = openWire(connection, options.maxWait + requestTimeout);
  const membership = createMembership({ ...options, wire, patientWire });
  const fetcher = createFetcher({ ...options, wire: fetchWire, onFailed: fail });
  const leaving = new AbortController();
  const { signal } = leaving;
  let joined = false;
  let beating: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  function fail(error: unknown): void {
    if (signal.aborted) return;
    fetcher.stop();
    leaving.abort();
    if (joined) options.onCrash(explain(error));
  }

  function explain(error: unknown) {
    if (protocolErrorOf(error) === 'FENCED_INSTANCE_ID') {
      return kafkaError(
        'KAFKA_INSTANCE_FENCED',
        `Another member of group "${group}" has joined as instance "${instanceId}", which ends this one. Give each member an \`instanceId\` of its own.`,
        error,
      );
    }
    return platformaticFailure(error, `Group "${group}" could not be read from`);
  }

  function start({ partitions, kept }: Share): void {
    if (signal.aborted) return;
    options.onAlive();
    fetcher.assign(partitions);
    options.onAssigned(partitions, kept);
  }

  const pause = (milliseconds: number) => setTimeout(milliseconds, undefined, { signal }).catch(() => {});

  /** Joins again, for as long as it takes. */
  async function rejoin(): Promise<void> {
    options.onRebalancing();
    while (!signal.aborted) {
      try {
        start(await membership.join());
        return;
      } catch (error) {
        if (!mayPass(error)) throw error;
      }
      await pause(pauseBeforeJoining);
    }
  }

  async function beat(): Promise<void> {
    let lookedAt = performance.now();
    while (!signal.aborted) {
      await pause(heartbeatInterval);
      if (signal.aborted) return;
      try {
        const isDue = performance.now() - lookedAt > options.metadataMaxAge;
        if (isDue) lookedAt = performance.now();
        await membership.beat();
        options.onAlive();
        if (isDue && (await membership.isOutdated())) await rejoin();
      } catch (error) {
        if (rejoinable.includes(protocolErrorOf(error) ?? '')) await rejoin();
        else if (!isWorthAnotherTry(error)) throw error;
      }
    }
  }

  async function join(): Promise<void> {
    try {
      for (let attempt = 0; ; attempt += 1) {
        try {
          start(await wire.insist(`Group "${group}" could not be joined`, () => membership.join()));
          break;
        } catch (error) {
          // The group was divided while this member came in.
          const isOver =
            signal.aborted || attempt === 10 || !rejoinable.includes(protocolErrorOf(error) ?? '');
          if (isOver) throw error;
        }
        await pause(pauseBeforeJoining);
      }
    } catch (error) {
      fetcher.stop();
      throw protocolErrorOf(error) === 'FENCED_INSTANCE_ID' ? explain(error) : error;
    }
    joined = true;
    beating = beat().catch(fail);
  }

  async function close(): Promise<void> {
    fetcher.stop();
    leaving.abort();
    const patience = setTimeout(patienceToLeave, undefined, { ref: false });
    await Promise.race([membership.leave().catch(() => {}), patience]);
    await Promise.all([wire.close(), patientWire.close(), fetchWire.close()]);
    await beating;
  }

  return {
    join,
    pause: fetcher.pause,
    resume: fetcher.resume,
    seek: fetcher.seek,
    async commit(offsets) {
      if (signal.aborted) throw kafkaError('KAFKA_REBALANCING', `Group "${group}" was left.`);
      try {
        await membership.commit(offsets);
      } catch (error) {
        if (protocolErrorOf(error) === 'FENCED_INSTANCE_ID') fail(error);
        throw error;
      }
    },
    close: () => (closing ??= close()),
  };
}

function mayPass(error: unknown): boolean {
  return rejoinable.includes(protocolErrorOf(error) ?? '') || isWorthAnotherTry(error);
}
