import type { SourceContext, SourceSession } from '@millrace/core';
import type { Listener } from '../listener/listener.ts';
import { createListener } from '../listener/listener.ts';
import { createInbox } from '../receive/inbox.ts';
import type { RevocableReplayGuard } from '../wire/auth/replay-guard.ts';
import { acceptedIntake } from './accept/accepted-intake.ts';
import { createAdmission } from './admission.ts';
import { createCounters } from './counters.ts';
import type { Intake } from './intake.ts';
import type { WebhookPlace, WebhookSettings } from './options.ts';
import { requestHandler } from './requests.ts';
import { settledIntake } from './settled-intake.ts';
import { occupy } from './slots.ts';

/** How much longer than a request may take its proof is held when nobody comes back for it, in milliseconds. */
const grace = 10_000;

export async function openSession(
  settings: WebhookSettings,
  guard: RevocableReplayGuard,
  context: SourceContext,
): Promise<SourceSession> {
  const { path, name, place, handlerTimeout, acceptStore } = settings;
  const { clock, log, signal } = context;
  const scope = JSON.stringify([context.consumer, name]);
  const counters = createCounters(clock);
  const intake = await openIntake(settings, context, scope);
  const admission = createAdmission({ guard, scope, lease: handlerTimeout + grace, log });
  const parts = { settings, intake, admission, counters, clock, log, signal, gap: context.gap };
  const listener = place.listener ?? ownListener(place.listen, context);
  const vacate = occupy(listener, path, requestHandler(parts));

  async function close(): Promise<void> {
    // First those that wait are told, then the path is given back.
    intake.close();
    vacate();
    if (place.listener === undefined) await listener.close();
  }

  try {
    await listener.listen();
  } catch (error) {
    await close();
    throw error;
  }
  context.fetched();
  return {
    receive: (demand) => intake.receive(demand),
    settle: (settlements) => intake.settle(settlements),
    ...(intake.extend && { extend: intake.extend }),
    ...(intake.letGo && { letGo: intake.letGo }),
    close,
    pending: () => intake.pending,
    details: () => ({
      path,
      port: listener.address()?.port,
      ackMode: acceptStore ? 'accepted' : 'settled',
      pending: intake.pending,
      ...counters.snapshot(),
    }),
  };
}

/** One that lasts as long as the session. */
export function ownListener(listen: WebhookPlace['listen'], parts: Partial<SourceContext> = {}): Listener {
  const { clock, log } = parts;
  return createListener({ port: 0, ...listen, ...(clock && { clock }), ...(log && { log }) });
}

async function openIntake(
  { acceptStore, acceptLease, maxWaiting, room, handlerTimeout }: WebhookSettings,
  { clock, signal, fetched }: SourceContext,
  queue: string,
): Promise<Intake> {
  if (acceptStore) {
    const kept = { store: acceptStore, queue, most: maxWaiting, lease: acceptLease };
    return await acceptedIntake({ ...kept, clock, signal, fetched });
  }
  const inbox = createInbox({ maxWaiting });
  return settledIntake({ inbox, most: room + maxWaiting, handlerTimeout, clock, signal, fetched });
}
