import type { Bayeux, Exchange } from './bayeux.ts';
import type { Advice, ClientMessage, ServerMessage } from './messages.ts';
import { replyTo } from './messages.ts';
import { refuse, wrongConnectionType } from './refusals.ts';
import type { Session } from './session.ts';

/** Holds until there is something to say. `superseded`: another connect of the session has come; `gone`: nobody waits. */
export async function connect(
  { org, sessions }: Bayeux,
  { signal }: Exchange,
  session: Session,
  message: ClientMessage,
): Promise<readonly ServerMessage[] | 'superseded' | 'gone'> {
  if (message.connectionType !== 'long-polling') return [refuse(message, wrongConnectionType)];
  const first = !session.connected;
  session.connected = true;
  const hold = first ? 0 : holdOf(message, org.settings.hold);
  if (hold > 0 && session.waiting === 0 && !sessions.kickOf(session)) {
    const end = await session.hold(hold, signal);
    if (end === 'superseded' || end === 'gone') return end;
  }
  const kick = sessions.kickOf(session);
  if (kick) sessions.end(session);
  const reply: ServerMessage = {
    clientId: session.id,
    ...(kick ? { advice: { reconnect: 'none' } } : first && { advice: firstAdvice(org.settings.hold) }),
    ...replyTo(message),
    successful: true,
  };
  return kick ? [{ channel: '/meta/disconnect', ...kick }, reply] : [reply];
}

/** Only the first reply of a session has advice. */
function firstAdvice(timeout: number): Advice {
  return { interval: 0, timeout, reconnect: 'retry' };
}

/** A client may ask for less; with 0 the reply comes at once. */
function holdOf({ advice }: ClientMessage, hold: number): number {
  return typeof advice?.timeout === 'number' ? Math.min(advice.timeout, hold) : hold;
}
