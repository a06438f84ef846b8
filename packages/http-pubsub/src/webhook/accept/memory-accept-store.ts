import type { AcceptStore, KeptEvent } from './store.ts';

/** For tests: what it keeps is gone with the process, so a sender that was told 202 is told a lie. */
export function memoryAcceptStore(): AcceptStore {
  const queues = new Map<string, Map<string, KeptEvent>>();
  const queueOf = (name: string) => {
    const queue = queues.get(name) ?? new Map<string, KeptEvent>();
    queues.set(name, queue);
    return queue;
  };
  const byDue = (one: KeptEvent, other: KeptEvent) => one.dueAt - other.dueAt;

  return {
    async put(name, events) {
      const queue = queueOf(name);
      const before = queue.size;
      for (const event of events) if (!queue.has(event.id)) queue.set(event.id, event);
      return queue.size - before;
    },
    async due(name, now, limit) {
      const due = [...queueOf(name).values()].filter(({ dueAt }) => dueAt <= now);
      return due.toSorted(byDue).slice(0, limit);
    },
    async nextDue(name, now) {
      const later = [...queueOf(name).values()].filter(({ dueAt }) => dueAt > now);
      return later.toSorted(byDue)[0]?.dueAt;
    },
    async postpone(name, id, dueAt) {
      const event = queueOf(name).get(id);
      if (event) queueOf(name).set(id, { ...event, dueAt });
    },
    remove: async (name, ids) => ids.filter((id) => queueOf(name).delete(id)).length,
    count: async (name) => queueOf(name).size,
  };
}
