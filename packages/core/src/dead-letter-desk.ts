import type { ConsumerSettings } from './consumer-settings.ts';
import { MillraceError } from './errors.ts';
import type { Headers } from './message.ts';
import type { DeadLetter, DeadLetterPage, DeadLetterQuery } from './ports/dead-letter-store.ts';
import type { RedriveResult } from './redrive.ts';
import { redrive } from './redrive.ts';
import type { SourcePlan } from './source-plan.ts';

/** What may be changed in a dead letter before it is sent again. The raw payload is kept as it was. */
export interface DeadLetterEdit {
  readonly data?: unknown;
  readonly type?: string;
  readonly headers?: Headers;
}

/** Looks at, mends, sends again and throws away what this consumer gave up on. Works whether or not it runs. */
export interface DeadLetterDesk {
  /** Oldest first. */
  list(
    query?: Omit<DeadLetterQuery, 'consumer'>,
    page?: { readonly limit?: number; readonly cursor?: string },
  ): Promise<DeadLetterPage>;
  get(id: string): Promise<DeadLetter | undefined>;
  /** Rejects with DEAD_LETTER_MISSING. */
  edit(id: string, edit: DeadLetterEdit): Promise<DeadLetter>;
  /** Runs its handler again, here and once. Rejects with DEAD_LETTER_MISSING, or SOURCE_OPTIONS for a source that this consumer lacks. */
  redrive(id: string): Promise<RedriveResult>;
  /** Redrives all that match, one after another, oldest first. */
  redriveAll(query?: Omit<DeadLetterQuery, 'consumer'>): AsyncIterable<RedriveResult>;
  /** Throws away all that match; answers how many. */
  purge(query?: Omit<DeadLetterQuery, 'consumer'>): Promise<number>;
}

export function createDeadLetterDesk(
  settings: ConsumerSettings,
  planFor: (source: string) => SourcePlan | undefined,
): DeadLetterDesk {
  const { deadLetters, name: consumer } = settings;

  async function existing(id: string): Promise<DeadLetter> {
    const letter = await deadLetters.get(id);
    if (letter?.consumer !== consumer)
      throw new MillraceError('DEAD_LETTER_MISSING', `Consumer "${consumer}" has no dead letter "${id}".`);
    return letter;
  }

  async function redriveOne(letter: DeadLetter): Promise<RedriveResult> {
    const plan = planFor(letter.source);
    if (plan === undefined) {
      throw new MillraceError(
        'SOURCE_OPTIONS',
        `Dead letter "${letter.id}" is from source "${letter.source}", which this consumer does not have.`,
      );
    }
    return await redrive(letter, plan, settings);
  }

  return {
    list: (query = {}, { limit = 100, cursor } = {}) =>
      deadLetters.list({ ...query, consumer }, { limit, cursor }),
    async get(id) {
      const letter = await deadLetters.get(id);
      return letter?.consumer === consumer ? letter : undefined;
    },
    async edit(id, edit) {
      const letter = await existing(id);
      const {
        data = letter.message.data,
        type = letter.message.type,
        headers = letter.message.headers,
      } = edit;
      const edited = { ...letter, message: { ...letter.message, data, type, headers } };
      await deadLetters.putMany([edited]);
      return edited;
    },
    redrive: async (id) => redriveOne(await existing(id)),
    async *redriveAll(query = {}) {
      // Only those that are there now: what dies again is younger.
      const before = query.before ?? settings.clock.now() + 1;
      let cursor: string | undefined;
      do {
        const page = await deadLetters.list({ ...query, before, consumer }, { limit: 100, cursor });
        for (const letter of page.letters) yield await redriveOne(letter);
        cursor = page.next;
      } while (cursor !== undefined);
    },
    purge: (query = {}) => deadLetters.purge({ ...query, consumer }),
  };
}
