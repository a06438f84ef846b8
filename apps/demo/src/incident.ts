import type { Server } from './broker/server.ts';
import type { Books } from './ledger/books.ts';
import type { Narrator } from './narrator.ts';
import type { WorkerProcess } from './worker/process.ts';

export interface IncidentOptions {
  readonly crew: readonly WorkerProcess[];
  readonly server: Server;
  readonly books: Books;
  readonly say: Narrator['say'];
  readonly start: (name: string) => Promise<WorkerProcess>;
  /** Effects from which on it may happen. */
  readonly from: number;
  /** How many have to allow it. */
  readonly stories: number;
}

/** The worker that reads the CRM is killed; when another one has taken over there, it is started again. */
export interface Incident {
  /** Nothing happens before every story has said so. */
  allow(): void;
  /** To be called again and again: does what there is to do at the moment. */
  proceed(effects: number): Promise<void>;
  /** Name of the worker, when it is dead. */
  readonly victim: string | undefined;
  readonly restarts: number;
}

export function planIncident({ crew, server, books, say, start, from, stories }: IncidentOptions): Incident {
  let allowed = 0;
  let victim: string | undefined;
  let restarts = 0;

  async function kill(worker: WorkerProcess): Promise<void> {
    const { name } = worker;
    await worker.kill();
    victim = name;
    const unsettled = books.entered(name, await server.received());
    say(
      `${name} is killed (SIGKILL), in the middle of ${books.running(name)} handlers. Of ${unsettled} events it had written the effect`,
    );
    say(
      'and not told the broker. All of these come again when the 6 seconds are over for which they were its own. And it',
    );
    say(
      'was the one that read the CRM: the other takes over when the lease of the dead one is over, after 6 seconds too.',
    );
  }

  return {
    allow: () => (allowed += 1),
    async proceed(effects) {
      if (restarts > 0) return;
      const reader = books.reader('crm');
      if (victim === undefined) {
        const worker = crew.find(({ name }) => name === reader);
        // Killed in the middle of nothing, it would leave nothing to look after.
        if (allowed === stories && effects >= from && worker && books.running(worker.name) > 0)
          await kill(worker);
      } else if (reader !== victim) {
        await start(`${victim} again`);
        restarts += 1;
      }
    },
    get victim() {
      return victim;
    },
    get restarts() {
      return restarts;
    },
  };
}
