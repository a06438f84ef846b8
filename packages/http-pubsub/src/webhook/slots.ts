import type { Listener } from '../listener/listener.ts';
import type { ListenerReply, ListenerRequest } from '../listener/route.ts';
import { httpPubsubError } from '../errors.ts';
import { laterReply } from './replies.ts';

/** Answers the requests to one path. */
export interface Occupant {
  readonly maxBody: number;
  post(request: ListenerRequest): Promise<ListenerReply>;
  options(request: ListenerRequest): ListenerReply;
}

/** Seconds after which a source that is not there may be back. */
const whenAbsent = 5;

const absent: Occupant = {
  // None is too large not to be read.
  maxBody: Number.MAX_SAFE_INTEGER,
  post: async () => laterReply('closed', whenAbsent),
  options: () => laterReply('closed', whenAbsent),
};

interface Slot {
  occupied: boolean;
  detach: () => void;
}

const listeners = new WeakMap<Listener, Map<string, Slot>>();

/**
 * Gives the path to the source; the returned function gives it back. Between sources the path stays and asks to come
 * later: to many senders the 404 of a path that is gone means that the event is not wanted, ever. Throws PUBSUB_OPTIONS
 * when the path is somebody else's.
 */
export function occupy(listener: Listener, path: string, occupant: Occupant): () => void {
  const slots = listeners.get(listener) ?? new Map<string, Slot>();
  listeners.set(listener, slots);
  const known = slots.get(path);
  if (known?.occupied === true)
    throw httpPubsubError('PUBSUB_OPTIONS', `Another webhook source of this listener has the path ${path}.`);
  known?.detach();
  const slot: Slot = { occupied: true, detach: attach(listener, path, occupant) };
  slots.set(path, slot);
  return () => {
    if (!slot.occupied) return;
    slot.occupied = false;
    slot.detach();
    slot.detach = attach(listener, path, absent);
  };
}

function attach(listener: Listener, path: string, { maxBody, post, options }: Occupant): () => void {
  return listener.attach([
    { method: 'POST', path, maxBody, handle: post },
    { method: 'OPTIONS', path, maxBody: 1, handle: async (request) => options(request) },
  ]);
}
