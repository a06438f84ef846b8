/** What has to be known to say what became of events, from those who have seen it: none of it is asked of Millrace. */
export interface Books {
  /** Ids that the broker took. */
  readonly published: readonly string[];
  /** Ids of the effects, one for each effect. */
  readonly effects: readonly string[];
  /** Messages that the broker, or the marker, still waits for. */
  readonly unsettled: number;
  /** Ids of the dead letters: no scenario has a reason to give up on an event. */
  readonly deadLettered: readonly string[];
}

export interface Audit {
  /** Published, without an effect, and without a dead letter. */
  readonly lost: readonly string[];
  /** Took effect more than once. */
  readonly duplicated: readonly string[];
  readonly unsettled: number;
  readonly deadLettered: readonly string[];
}

export const nothingWrong: Audit = { lost: [], duplicated: [], unsettled: 0, deadLettered: [] };

export function audit({ published, effects, unsettled, deadLettered }: Books): Audit {
  const seen = new Set<string>();
  const duplicated = effects.filter((id) => seen.size === seen.add(id).size);
  const parked = new Set(deadLettered);
  return {
    lost: published.filter((id) => !seen.has(id) && !parked.has(id)),
    duplicated: [...new Set(duplicated)],
    unsettled,
    deadLettered,
  };
}
