import type { MillraceError } from '@millrace/core';
import { isMillraceError, wait } from '@millrace/core';
import type { ConnectOptions } from '../bayeux/client.ts';
import type { EventMessage, MetaChannel } from '../bayeux/messages.ts';
import { salesforceError } from '../errors.ts';
import type { TransportHost } from '../transport.ts';
import { createAttendant } from './attendant.ts';
import type { BackPressure } from './back-pressure.ts';
import type { Channel, Channels } from './channels.ts';
import type { LineUp } from './line-up.ts';
import { createOutage } from './outage.ts';
import type { Step } from './recovery.ts';
import type { Setback } from './setback.ts';
import { giveUp, newSession, setbackFrom, wasAnswered } from './setback.ts';
import type { StateName } from './states.ts';
import { createStateMachine } from './states.ts';
import type { Wire } from './wire.ts';

/** One session with the server after another, never two at once. */
export interface Connection {
  readonly state: StateName;
  /** Has the first session. Rejects with what stands in the way. */
  open(): Promise<void>;
  /** Polls, and gets over what happens. Resolves when stopped; rejects when going on is of no use. */
  run(): Promise<void>;
  /**
   * Whether such events, in the reply to such a request, may stand behind others of their channel that another reply is
   * still to bring. They are to be left out then; the session is given up, and the next one brings them in order.
   */
  mayOvertake(events: readonly EventMessage[], by: MetaChannel): boolean;
  /** Something about the channels may be due. */
  attend(): void;
  /** Ends what is under way, and the session at the server. May be called again. */
  stop(): Promise<void>;
}

export interface ConnectionOptions {
  readonly host: TransportHost;
  readonly wire: Wire;
  readonly channels: Channels;
  readonly lineUp: LineUp;
  readonly backPressure: BackPressure;
}

/** Milliseconds for a reply other than to a poll, less than the 40 s after which the server drops a session that does not poll. */
const answerWithin = 30_000;
/** Milliseconds for telling the server that the session is over. */
const farewellWithin = 5_000;
/** Routine troubles in a row at the first start that are too many. */
const mostAtStart = 5;

export function createConnection(options: ConnectionOptions): Connection {
  const { host, wire, channels, lineUp, backPressure } = options;
  const { context } = host;
  const { clock, log } = context;
  const { client } = wire;
  const machine = createStateMachine();
  const { connectionTimeout } = host.settings;
  const outage = createOutage({ context, connectionTimeout, onTimeout: interrupt });
  const attendant = createAttendant(async () => {
    const setback = await attempt('subscribe', lineUp.settle);
    if (setback) interrupt(setback);
  });
  /** Ends what is under way in this session. */
  let scope = new AbortController();
  let interruption: Setback | undefined;
  let polling = false;
  let opened = false;
  let stopped = false;
  let running: Promise<void> | undefined;
  let ended: Promise<void> | undefined;

  /** From outside the loop: makes it go on with this. */
  function interrupt(setback: Setback): void {
    if (setback.recovery.action === 'give-up') interruption = setback;
    interruption ??= setback;
    scope.abort();
  }

  async function attempt(
    step: Step,
    work: (signal: AbortSignal) => Promise<Setback | undefined | void>,
  ): Promise<Setback | undefined> {
    if (interruption) return interruption;
    try {
      return (await work(scope.signal)) ?? undefined;
    } catch (error) {
      return interruption ?? setbackFrom(error, step);
    }
  }

  async function establish(): Promise<Setback | undefined> {
    return (
      (await attempt('handshake', authenticate)) ??
      (await attempt('handshake', handshake)) ??
      (await attempt('subscribe', subscribeAll)) ??
      (await attempt('connect', connectBriefly))
    );
  }

  async function authenticate(signal: AbortSignal): Promise<Setback | undefined> {
    machine.enter('authenticating');
    return await wire.authenticate(signal);
  }

  async function handshake(signal: AbortSignal): Promise<void> {
    machine.enter('handshaking');
    await sayFarewell();
    wire.listen(true);
    lineUp.begin();
    await client.handshake({ signal, timeout: answerWithin, ext: { replay: true } });
  }

  async function subscribeAll(signal: AbortSignal): Promise<Setback | undefined> {
    machine.enter('subscribing');
    return await lineUp.settle(signal);
  }

  /** Not held by the server, so that it shows at once whether the session is one: right after a handshake it may not be (cometd issue 1587). */
  async function connectBriefly(signal: AbortSignal): Promise<void> {
    await connect({ signal, timeout: answerWithin, advice: { timeout: 0 } });
    connected();
  }

  async function connect(request: ConnectOptions): Promise<void> {
    const answered = lineUp.polling();
    const goBack = channels.remember();
    polling = true;
    try {
      await client.connect(request);
      answered();
    } catch (error) {
      if (wasAnswered(error)) answered();
      else goBack();
      throw error;
    } finally {
      polling = false;
    }
  }

  /** A poll and a request for a channel may be under way at once, and their replies come in any order. */
  function mayOvertake(events: readonly EventMessage[], by: MetaChannel): boolean {
    const isUncertain =
      by === '/meta/connect'
        ? ({ state }: Channel) => state === 'subscribing'
        : ({ atServer }: Channel) => polling && atServer;
    const uncertain = channels.of(events).find(isUncertain);
    if (uncertain === undefined) return false;
    wire.listen(false);
    interrupt(newSession(`Events of "${uncertain.subscription.channel}" may have come out of their order.`));
    return true;
  }

  function connected(): void {
    machine.enter('connected');
    outage.over();
    const reason = channels.refused?.reason;
    if (reason) context.degraded(reason);
    else context.fetched();
  }

  /** Until the session is over. */
  async function poll(): Promise<Setback> {
    attendant.begin();
    for (;;) {
      const setback = (await attempt('connect', makeRoom)) ?? (await attempt('connect', pollOnce));
      if (setback === undefined) continue;
      interrupt(setback);
      await attendant.rest();
      return setback;
    }
  }

  async function pollOnce(signal: AbortSignal): Promise<void> {
    machine.enter('polling');
    const since = clock.monotonic();
    const { received } = wire;
    try {
      await connect({ signal });
      connected();
    } catch (error) {
      if (setbackFrom(error, 'connect').recovery.action !== 'poll-again') throw error;
    }
    // Neither held nor with events: a server that does that must not be asked in a tight loop.
    const soon = client.advice.timeout / 100;
    if (wire.received === received && clock.monotonic() - since < soon) await wait(clock, soon, signal);
  }

  async function makeRoom(signal: AbortSignal): Promise<Setback | undefined> {
    for (;;) {
      const overflowing = await backPressure.overflowing(signal);
      signal.throwIfAborted();
      if (overflowing.length === 0) return undefined;
      await attendant.rest();
      const setback = await lineUp.pause(overflowing, signal);
      if (setback) return setback;
      machine.enter('polling');
      // Brings what the server had ready for them, so that none of it can come between what is replayed later.
      await connectBriefly(signal);
      attendant.begin();
    }
  }

  /** Waits as long as it takes, and sees to it that the next session begins anew. Throws what can't be got over. */
  async function recover(setback: Setback): Promise<void> {
    const { recovery, error, ours = false } = setback;
    if (recovery.action === 'give-up') throw error;
    scope = new AbortController();
    interruption = undefined;
    if (recovery.action === 'renew-token') wire.refuseToken();
    if (recovery.action !== 'back-off' && !ours)
      client.forget({ cookies: recovery.action === 'new-cookies' });
    const delay = outage.delayAfter(setback);
    if (outage.isRoutine)
      log.info('The session with Salesforce is over; a new one begins.', { reason: error.message });
    else context.degraded(reasonOf(error));
    if (delay === 0) return;
    machine.enter('backing-off');
    await wait(clock, delay, scope.signal);
  }

  async function loop(): Promise<void> {
    let setback = opened ? undefined : await establish();
    while (!stopped) {
      setback ??= await poll();
      if (!stopped) await recover(setback);
      setback = stopped ? undefined : await establish();
    }
  }

  /** So that the server does not keep a session that counts against the org's limit. */
  async function sayFarewell(): Promise<void> {
    wire.listen(false);
    if (client.clientId === undefined) return;
    await client.disconnect({ timeout: farewellWithin }).catch(() => {});
  }

  async function end(): Promise<void> {
    stopped = true;
    outage.close();
    interrupt(giveUp(new Error('The source stops.')));
    await running?.catch(() => {});
    await attendant.rest();
    await sayFarewell();
    machine.enter('stopped');
  }

  return {
    get state() {
      return machine.current;
    },
    async open() {
      for (let tries = 1; ; tries += 1) {
        const setback = await establish();
        if (!setback) break;
        const routine = !['back-off', 'give-up'].includes(setback.recovery.action);
        if (!routine || tries === mostAtStart) throw setback.error;
        await recover(setback);
      }
      opened = true;
    },
    run() {
      running ??= loop().catch((error: unknown) => {
        if (stopped) return;
        machine.enter('failed');
        throw error;
      });
      return running;
    },
    mayOvertake,
    attend: attendant.attend,
    stop: () => (ended ??= end()),
  };
}

function reasonOf(error: Error): MillraceError {
  if (isMillraceError(error)) return error;
  return salesforceError('SALESFORCE_CONNECTION_LOST', 'The connection broke.', error);
}
